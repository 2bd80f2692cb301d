package dev.lamina.cpu.conv;

/**
 * A minimal filter F(m x m, 3x3) as matrices of polynomials at the points 0, p, -p, ... and infinity (see {@link Winograd}): the more points, the fewer
 * multiplications for an output, and the larger the planes of weights.
 */
final class Filter {
    /** F(2x2, 3x3): 4 multiplications for an output, weights of 16/9 of the kernel's size. */
    static final Filter SMALL = new Filter(false, 1.0);

    /** F(4x4, 3x3): 2.25 multiplications, weights of 4 times the size. */
    static final Filter LARGE = new Filter(false, 0.625, 1.5);

    /** The same with factors at the source, so that taps have the fewest operations: for few tiles ({@link FewTilesCode}). */
    static final Filter FEW = new Filter(true, 0.625, 1.5);

    private static final int TAPS = 3;

    private final boolean plainTaps;
    private final int outputs;
    private final int inputs;
    private final double[][] source;
    private final double[][] kernel;
    private final double[][] powers;

    private Filter(boolean plainTaps, double... points) {
        this.plainTaps = plainTaps;
        inputs = 2 * points.length + 2;
        outputs = inputs - TAPS + 1;
        source = new double[inputs][];
        kernel = new double[inputs][];
        powers = new double[inputs][];
        double[] all = new double[inputs - 1];
        for (int i = 0; i < points.length; i++) {
            all[2 * i + 1] = points[i];
            all[2 * i + 2] = -points[i];
        }
        for (int i = 0; i < all.length; i++) {
            source[i] = polynomial(all, i);
            double factor = 1 / value(source[i], all[i]);
            kernel[i] = powers(all[i], TAPS, plainTaps ? 1 : factor);
            powers[i] = powers(all[i], outputs, 1);
            for (int j = 0; plainTaps && j < inputs; j++) {
                source[i][j] *= factor;
            }
        }
        source[inputs - 1] = polynomial(all, -1);
        kernel[inputs - 1] = new double[TAPS];
        kernel[inputs - 1][TAPS - 1] = 1;
        powers[inputs - 1] = new double[outputs];
        powers[inputs - 1][outputs - 1] = 1;
    }

    /** The coefficients of the polynomial that is 0 at all points but one, from the lowest power on. */
    private static double[] polynomial(double[] points, int but) {
        double[] product = new double[points.length + 1];
        product[0] = 1;
        for (int i = 0; i < points.length; i++) {
            for (int j = product.length - 1; i != but && j >= 0; j--) {
                product[j] = (j == 0 ? 0 : product[j - 1]) - points[i] * product[j];
            }
        }
        return product;
    }

    private static double value(double[] polynomial, double at) {
        double sum = 0;
        for (int i = polynomial.length - 1; i >= 0; i--) {
            sum = sum * at + polynomial[i];
        }
        return sum;
    }

    private static double[] powers(double x, int count, double factor) {
        double[] powers = new double[count];
        double power = factor;
        for (int i = 0; i < count; i++) {
            powers[i] = power;
            power *= x;
        }
        return powers;
    }

    /** Outputs of a tile along an axis. */
    int outputs() {
        return outputs;
    }

    /** Pixels of the source of a tile along an axis: points. */
    int inputs() {
        return inputs;
    }

    /** Planes: pairs of points. */
    long planes() {
        return (long) inputs * inputs;
    }

    int tiles(int extent) {
        return Math.ceilDiv(extent, outputs);
    }

    /** B': the other points' polynomials. */
    double[][] source() {
        return source;
    }

    /** G: taps at each point, over the value of the other points' polynomial there. */
    double[][] kernel() {
        return kernel;
    }

    /** A: the points' powers. */
    double[][] powers() {
        return powers;
    }

    /** What its code is called. */
    @Override
    public String toString() {
        return outputs + "x" + outputs + (plainTaps ? "-few" : "");
    }
}
