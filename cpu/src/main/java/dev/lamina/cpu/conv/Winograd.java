package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Winograd's minimal filtering: sums over 3x3 windows of stride 1 with 36 multiplications for 4x4 outputs, or 16 for 2x2, rather than 144 and 36 (Winograd,
 * Arithmetic Complexity of Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016). The tile of outputs
 * at 4i, 4j is
 *
 * <pre>  Y = A' [ (G g G') * (B' d B) ] A        d: 6x6 pixels of the source, g: 3x3 taps, *: element by element</pre>
 *
 * and the sum over channels is 36 products of matrices ({@link Filter} has the matrices). The form is trilinear, so the gradient of the input is the
 * same with turned taps, and the gradient of the kernel is G' [ (B' d B) * (A e A') ] G for tiles e of 4x4 outputs.
 *
 * <p>The error grows with the points' powers. The points 5/8 and 3/2 make it about as large as that of the direct sums one after the other; 1 and 2
 * six times that; for 2x2 outputs it is 0.2 to 0.6 times theirs. Largest error over the root mean square of outputs, on normal random numbers: 4e-6 for 32
 * channels, 8e-6 for 128, 1.6e-5 for 512 (direct: 3e-6, 5e-6, 1e-5; points 1 and 2: 1.3e-5, 2.6e-5, 6e-5). For each output
 * {@code |error| <= (C + 32) 2^-24 |A'| [ sum of (|G| |g| |G'|) * (|B'| |d| |B|) ] |A|}.
 */
final class Winograd {
    /** Channels on either side below which transforms cost more than they save. */
    private static final int LEAST_CHANNELS = 24;

    /** Tiles in all below which products are too small. */
    private static final int LEAST_TILES = 12;

    /** Tiles up to which it pays to transform taps once more for each four of them rather than to keep their weights. */
    private static final int FEW_TILES = 12;

    /** Outputs of a tile, in the mean, below which a few tiles are done by direct sums. */
    private static final int LEAST_OUTPUTS = 6;

    /** Taps: products of direct sums for an output. */
    static final int TAPS = 9;

    /** How many products take as long as bringing one weight to the cache. */
    private static final int WEIGHT = 8;

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

    /** The filter that pays most, or null if sums over windows are faster or {@code -Dlamina.winograd=false} forbids it. */
    static @Nullable Filter choose(Task.Convolution task, Isa isa) {
        int[] x = task.x().dims();
        int[] y = task.y().dims();
        if (!canTake(task) || !Option.ON || Math.min(x[3], y[3]) < LEAST_CHANNELS) {
            return null;
        }
        int[] positions = task.part() == Window.Part.INPUT ? x : y;
        double tiles = tiles(Filter.FEW, positions);
        if (task.part() != Window.Part.KERNEL && tiles <= FEW_TILES && isa.vectorBits() == 512) {
            return (double) positions[0] * positions[1] * positions[2] >= LEAST_OUTPUTS * tiles ? Filter.FEW : null;
        }
        return cheapest(task, positions);
    }

    private static @Nullable Filter cheapest(Task.Convolution task, int[] positions) {
        double least = TAPS * ((double) positions[0] * positions[1] * positions[2] + WEIGHT);
        Filter best = null;
        for (Filter filter : List.of(Filter.SMALL, Filter.LARGE)) {
            double tiles = tiles(filter, positions);
            double cost = filter.planes() * (tiles + WEIGHT);
            boolean suits = task.part() != Window.Part.KERNEL || filter == WinogradGradient.FILTER;
            if (suits && tiles >= LEAST_TILES && cost < least) {
                least = cost;
                best = filter;
            }
        }
        return best;
    }

    private static double tiles(Filter filter, int[] positions) {
        return (double) positions[0] * filter.tiles(positions[1]) * filter.tiles(positions[2]);
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

    static Call transform(WinogradCode.Kind kind, Filter filter, Isa isa, int channels) {
        String name = "winograd-" + kind + "-" + filter + "-" + isa.vectorBits();
        Entry entry = Library.entry(name, name, () -> WinogradCode.write(kind, filter, isa.vectorBits()));
        return new Call(entry, WinogradCode.BYTES, false).put(WinogradCode.CHANNELS, channels);
    }
}
