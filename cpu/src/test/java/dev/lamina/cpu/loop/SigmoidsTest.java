package dev.lamina.cpu.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** sigmoid(x) and sigmoid(-x) in one loop, in either order, with a sum over rows between them. */
class SigmoidsTest {
    private static final int ROWS = 5;

    @ParameterizedTest
    @CsvSource({"256, 7", "256, 45", "256, 3000", "512, 7", "512, 45", "512, 3000"})
    void pairsAreRightInAllPasses(int bits, int columns) throws Exception {
        assumeTrue(Isa.machine().vectorBits() >= bits, "this machine lacks vectors of " + bits + " bits");
        for (boolean turned : new boolean[] {false, true}) {
            MemorySegment[] buffers = new MemorySegment[2];
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = Arena.ofAuto().allocate(4L * ROWS * columns, 64);
            }
            for (int i = 0; i < ROWS * columns; i++) {
                buffers[0].setAtIndex(ValueLayout.JAVA_FLOAT, i, (i % 61 - 30) * 0.7f);
            }
            Pool pool = Pool.of(1);
            CodeBatch batch = new CodeBatch();
            Kernel kernel = LoopKernels.prepare(loop(columns, turned), new Isa(bits, false, false), pool, batch);
            batch.publish();
            assertNotNull(kernel);
            kernel.run(buffers);
            pool.close();
            check(buffers, columns, turned);
        }
    }

    /** s + 2 sum(t) + 3 t, where s and t are sigmoid(x) and sigmoid(-x), or turned. */
    private static Task.Loop loop(int columns, boolean turned) {
        int[] dims = {ROWS, columns};
        long[] strides = {columns, 1};
        DType f32 = DType.F32;
        int s = turned ? 1 : 0;
        List<Task.Value> values = List.of(
                new Task.Load(new Task.Access(0, f32, 0, dims, strides)),
                new Task.Apply(Elementwise.NEG, f32, 0, -1, -1),
                new Task.Apply(Elementwise.SIGMOID, f32, s, -1, -1),
                new Task.Apply(Elementwise.SIGMOID, f32, 1 - s, -1, -1),
                new Task.Fold(Reduce.Kind.SUM, f32, 3),
                new Task.Constant(2, f32),
                new Task.Constant(3, f32),
                new Task.Apply(Elementwise.MUL, f32, 4, 5, -1),
                new Task.Apply(Elementwise.MUL, f32, 3, 6, -1),
                new Task.Apply(Elementwise.ADD, f32, 2, 7, -1),
                new Task.Apply(Elementwise.ADD, f32, 9, 8, -1));
        return new Task.Loop(dims, 1, values, List.of(new Task.Store(10, new Task.Access(1, f32, 0, dims, strides))));
    }

    private static void check(MemorySegment[] buffers, int columns, boolean turned) {
        for (int row = 0; row < ROWS; row++) {
            double sum = 0;
            for (int i = row * columns; i < (row + 1) * columns; i++) {
                sum += sigmoid(buffers[0], i, !turned);
            }
            for (int i = row * columns; i < (row + 1) * columns; i++) {
                double expected = sigmoid(buffers[0], i, turned) + 2 * sum + 3 * sigmoid(buffers[0], i, !turned);
                assertEquals(expected, buffers[1].getAtIndex(ValueLayout.JAVA_FLOAT, i), 1e-6 * expected);
            }
        }
    }

    private static double sigmoid(MemorySegment x, int index, boolean negative) {
        double at = x.getAtIndex(ValueLayout.JAVA_FLOAT, index);
        return 1 / (1 + Math.exp(negative ? at : -at));
    }
}
