package dev.lamina.cpu.conv;

/** The sums of a kernel's gradient as {@link KernelGradient} runs them: over bands of pixels, for panels of columns. */
interface GradientBands {
    int bands();

    /** Panels of all groups. */
    int panels();

    /** Bytes of scratch. */
    long workspace();

    /**
     * Adds up some bands for some panels.
     *
     * @param c where sums go; what is there is overwritten
     */
    void run(int firstBand, int lastBand, int firstPanel, int lastPanel, long x, long y, long c, long scratch);
}
