package dev.lamina.testkit;

import dev.lamina.core.backend.Backend;
import dev.lamina.core.backend.Backends;
import dev.lamina.core.backend.Program;
import dev.lamina.core.compiler.Graph;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The interpreter with one flipped bit in the last output: the suites have to find it. */
public final class FaultyBackend implements Backend {
    @Override
    public String name() {
        return "faulty";
    }

    @Override
    public int priority() {
        return -1;
    }

    @Override
    public String describe() {
        return "wrong on purpose, for the tests of the tests";
    }

    @Override
    public Program compile(Graph graph) {
        Program right = Backends.named("interpreter").compile(graph);
        return new Program() {
            @Override
            public long peakBytes() {
                return right.peakBytes();
            }

            @Override
            public String describe() {
                return right.describe();
            }

            @Override
            public Runner runner() {
                Runner runner = right.runner();
                return (inputs, kept, outputs) -> {
                    runner.run(inputs, kept, outputs);
                    flip(
                            outputs[outputs.length - 1],
                            graph.outputs().getLast().dtype().bytes());
                };
            }
        };
    }

    /** Changes a high bit of the last element, so that 0.0 becomes 2.0. */
    private static void flip(MemorySegment output, int bytes) {
        if (output.byteSize() > 0) {
            long at = output.byteSize() - 1;
            byte old = output.get(ValueLayout.JAVA_BYTE, at);
            output.set(ValueLayout.JAVA_BYTE, at, (byte) (old ^ (bytes == 1 ? 1 : 0x40)));
        }
    }
}
