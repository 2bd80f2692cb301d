package dev.lamina.cpu.gemm;

/**
 * The product of two split blocks ({@link SplitCode}), each with its 16 largest magnitudes behind it. Where a product of parts could be
 * beyond f32, or a part so small that the tile unit takes it for 0, numbers are multiplied as they are.
 *
 * @param tiles multiplies parts
 * @param exact multiplies numbers as they are
 * @param a bytes of the block of A
 * @param b bytes of the block of B
 * @param k terms of a sum
 */
record SplitProduct(Step tiles, Step exact, long a, long b, int k) implements Step {
    private static final int LANES = 16;
    private static final double BEYOND = 0x1p127;
    private static final double SMALL = 0x1p-90;

    @Override
    public void run(long aAt, long bAt, long cAt, long scratch) {
        double left = largest(aAt + a);
        double right = largest(bAt + b);
        (isSafe(left, right, k) ? tiles : exact).run(aAt, bAt, cAt, scratch);
    }

    /** Whether parts of numbers up to these magnitudes can be multiplied. */
    static boolean isSafe(double left, double right, int k) {
        double product = left * right;
        boolean seen = left >= SMALL && right >= SMALL && product >= SMALL;
        return product * k < BEYOND && (seen || product == 0);
    }

    /** The largest of 16 magnitudes. */
    static double largest(long address) {
        float largest = 0;
        for (int i = 0; i < LANES; i++) {
            largest = Math.max(largest, Call.number(address + (long) i * Float.BYTES));
        }
        return largest;
    }
}
