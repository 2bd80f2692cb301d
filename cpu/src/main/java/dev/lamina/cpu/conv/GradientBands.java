package dev.lamina.cpu.conv;

/** The sums of a kernel's gradient as {@link KernelGradient} runs them: over bands of pixels, for panels of columns. */
interface GradientBands {
    int bands();

    /** How many bands the first images fill, or -1 if sums cannot be left and go on later. */
    int bandsIn(int images);

    /** Panels of all groups. */
    int panels();

    /** Bytes of scratch. */
    long workspace();

    /**
     * Adds up some bands for some panels.
     *
     * @param begin the band that overwrites what is in c; others add to it
     * @param c where sums go
     */
    void run(
            int begin,
            int firstBand,
            int lastBand,
            int firstPanel,
            int lastPanel,
            long x,
            long y,
            long c,
            long scratch);
}
