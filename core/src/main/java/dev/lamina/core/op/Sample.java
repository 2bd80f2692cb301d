package dev.lamina.core.op;

import dev.lamina.core.Tensor;
import java.util.List;

/** Random numbers, a pure function of seed, stream and position. */
public sealed interface Sample extends Op {
    /**
     * Uniform numbers in [0, 1) by {@link Philox}: input is the seed, an i64 scalar. f32 has 24 random bits, f64 has 53; the
     * element at row-major position i of the node's shape depends on seed, stream and i only.
     */
    record Uniform(long stream) implements Sample {
        @Override
        public List<?> parameters() {
            return List.of(stream);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {}
    }
}
