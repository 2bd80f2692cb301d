package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Numbers for the rows that normalize, and their comparison. */
final class RowData {
    static final int ROWS = 1024;
    static final int COLUMNS = 1024;
    static final double EPSILON = 1e-5;

    final Tensor x = normal(1, Shape.of(ROWS, COLUMNS)).mul(3).evaluate();
    final Tensor upstream = normal(2, Shape.of(ROWS, COLUMNS));
    final Tensor scale = normal(3, Shape.of(COLUMNS));
    final Tensor shift = normal(4, Shape.of(COLUMNS));

    private static Tensor normal(long seed, Shape shape) {
        return Random.seed(seed).normal(shape).evaluate();
    }

    /** For a peer, which reads the memory of ours. */
    Peers.Rows rows(MemorySegment input, MemorySegment above) {
        return new Peers.Rows(ROWS, COLUMNS, input, above, scale.segment(), shift.segment(), EPSILON);
    }

    /** Outputs of ours and those of the peer, one after the other, are the expected ones, relative to their largest. */
    static void close(
            String what, List<Tensor> expected, Execution ours, Optional<Peers.Rival> rival, double tolerance) {
        float[] theirs = rival.map(other -> {
                    other.run().run();
                    return other.result().get();
                })
                .orElse(null);
        int at = 0;
        for (int i = 0; i < expected.size(); i++) {
            float[] values = expected.get(i).cast(DType.F32).toFloatArray();
            float[] actual = ours.outputTensor(i).toFloatArray();
            double largest = expected.get(i).abs().max().item();
            for (int j = 0; j < values.length; j++) {
                String name = what + " output " + i + " at " + j;
                Check.close(name, values[j], actual[j], tolerance * (1 + largest));
                if (theirs != null) {
                    Check.close("the peer's " + name, values[j], theirs[at++], tolerance * (1 + largest));
                }
            }
        }
    }
}
