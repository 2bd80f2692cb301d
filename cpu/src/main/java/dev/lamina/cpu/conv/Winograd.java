package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import java.util.Locale;

/**
 * Winograd's minimal filtering F(4x4, 3x3): sums over 3x3 windows of stride 1 with 36 multiplications for 16 outputs rather than 144 (Winograd,
 * Arithmetic Complexity of Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016). The tile of outputs
 * at 4i, 4j is
 *
 * <pre>  Y = A' [ (G g G') * (B' d B) ] A        d: 6x6 pixels of the source, g: 3x3 taps, *: element by element</pre>
 *
 * and the sum over channels is 36 products of matrices. All three matrices are polynomials at the points 0, a, -a, b, -b and infinity. The form is
 * trilinear, so the gradient of the input is the same with turned taps, and the gradient of the kernel is G' [ (B' d B) * (A e A') ] G
 * for tiles e of 4x4 outputs.
 *
 * <p>The error grows with the points' powers. The points 5/8 and 3/2 make it about as large as that of the direct sums one after the other; 1 and 2
 * six times that. Largest error over the root mean square of outputs, on normal random numbers: 4e-6 for 32 channels, 8e-6 for 128, 1.6e-5 for 512
 * (direct: 3e-6, 5e-6, 1e-5; points 1 and 2: 1.3e-5, 2.6e-5, 6e-5). For each output
 * {@code |error| <= (C + 32) 2^-24 |A'| [ sum of (|G| |g| |G'|) * (|B'| |d| |B|) ] |A|}.
 */
final class Winograd {
    /** Outputs of a tile along an axis, and pixels of the source. */
    static final int OUTPUTS = 4;

    static final int INPUTS = 6;

    /** Planes: pairs of points. */
    static final long PLANES = INPUTS * INPUTS;

    private static final double A = 0.625;
    private static final double B = 1.5;
    private static final double A2 = A * A;
    private static final double B2 = B * B;
    private static final double NORM_A = 2 * A2 * (A2 - B2);
    private static final double NORM_B = 2 * B2 * (B2 - A2);

    /** B': the other points' polynomials. */
    static final double[][] SOURCE = {
        {A2 * B2, 0, -A2 - B2, 0, 1, 0},
        {0, -A * B2, -B2, A, 1, 0},
        {0, A * B2, -B2, -A, 1, 0},
        {0, -B * A2, -A2, B, 1, 0},
        {0, B * A2, -A2, -B, 1, 0},
        {0, A2 * B2, 0, -A2 - B2, 0, 1},
    };

    /** G: taps at each point, over the value of the other points' polynomial there. */
    static final double[][] KERNEL = {
        {1 / (A2 * B2), 0, 0},
        {1 / NORM_A, A / NORM_A, A2 / NORM_A},
        {1 / NORM_A, -A / NORM_A, A2 / NORM_A},
        {1 / NORM_B, B / NORM_B, B2 / NORM_B},
        {1 / NORM_B, -B / NORM_B, B2 / NORM_B},
        {0, 0, 1},
    };

    /** A: the points' powers. */
    static final double[][] POWERS = {
        {1, 0, 0, 0},
        {1, A, A2, A * A2},
        {1, -A, A2, -A * A2},
        {1, B, B2, B * B2},
        {1, -B, B2, -B * B2},
        {0, 0, 0, 1},
    };

    /** Channels on either side below which transforms cost more than they save. */
    private static final int LEAST_CHANNELS = 24;

    /** Outputs of an image along an axis, and tiles in all, below which products are too small. */
    private static final int LEAST_OUTPUTS = 4;

    private static final int LEAST_TILES = 12;

    /** Bytes of a row of a panel of weights at most. */
    private static final long PANEL_BYTES = 128;

    private static final class Option {
        static final boolean ON =
                read(System.getProperty("lamina.winograd", "").strip().toLowerCase(Locale.ROOT));

        private static boolean read(String text) {
            if (!text.isEmpty() && !text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException("-Dlamina.winograd: expected true or false, got '" + text
                        + "'; leave it out to use minimal filtering where it pays");
            }
            return !text.equals("false");
        }
    }

    private Winograd() {}

    /** Whether a convolution can be done this way: two axes, 3x3 taps side by side, stride 1, one group, f32. */
    static boolean canTake(Task.Convolution task) {
        Window.Geometry geometry = task.geometry();
        return geometry.axes() == 2
                && task.groups() == 1
                && task.out().dtype() == DType.F32
                && task.rounded() == DType.F32
                && geometry.taps().stream().allMatch(t -> t == 3)
                && geometry.strides().stream().allMatch(s -> s == 1)
                && geometry.dilations().stream().allMatch(d -> d == 1);
    }

    /** Whether that pays, and is not forbidden by {@code -Dlamina.winograd=false}. */
    static boolean takes(Task.Convolution task) {
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        int[] positions = task.part() == Window.Part.INPUT ? x : y;
        long tiles = (long) x[0] * Math.ceilDiv(positions[1], OUTPUTS) * Math.ceilDiv(positions[2], OUTPUTS);
        return canTake(task)
                && Option.ON
                && Math.min(x[3], y[3]) >= LEAST_CHANNELS
                && Math.min(positions[1], positions[2]) >= LEAST_OUTPUTS
                && tiles >= LEAST_TILES
                && weightsStayNear(task, tiles);
    }

    /**
     * Few tiles do not pay for weights that are transformed and leave the second-level cache before they are used: 7x7 positions of 512 channels, 8
     * images, take 0.6 times the speed of direct sums; 14x14 of 256 channels 1.0 times for one image and 1.3 for 8.
     */
    private static boolean weightsStayNear(Task.Convolution task, long tiles) {
        boolean turned = task.part() == Window.Part.INPUT;
        int sources = (turned ? task.y() : task.x()).dims()[3];
        int targets = task.out().dims()[3];
        return task.part() == Window.Part.KERNEL
                || targets <= tiles
                || PLANES * sources * PANEL_BYTES <= Caches.machine().l2();
    }

    /** Bytes from row to row of a workspace: whole vectors, not so far apart that rows would share few sets of the cache. */
    static long row(int channels) {
        long bytes = Math.ceilDiv((long) channels * Float.BYTES, 64) * 64;
        return bytes % 512 == 0 ? bytes + 64 : bytes;
    }

    /** Bytes from plane to plane, likewise. */
    static long plane(long rows, long row) {
        return Math.ceilDiv(rows * row, 128) * 128 + 64;
    }

    static Call transform(WinogradCode.Kind kind, Isa isa, int channels) {
        String name = "winograd-" + kind + "-" + isa.vectorBits();
        Entry entry = Library.entry(name, name, () -> WinogradCode.write(kind, isa.vectorBits()));
        return new Call(entry, WinogradCode.BYTES, false).put(WinogradCode.CHANNELS, channels);
    }
}
