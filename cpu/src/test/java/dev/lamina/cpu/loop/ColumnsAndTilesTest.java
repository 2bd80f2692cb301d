package dev.lamina.cpu.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums of columns and transposing maps of many shapes, on buffers that end or begin at a guard page; all values are exact. */
class ColumnsAndTilesTest {
    private static final int[] WIDTHS = {17, 64, 100, 702, 4098, 6100, 9001};
    private static final int[] ROWS = {9, 10, 64, 207, 1030};
    private static final DType[] DTYPES = {DType.F32, DType.BF16, DType.I8, DType.I32, DType.F64};

    private static int value(long i) {
        return (int) (i * 7 % 13) - 6;
    }

    private static long[] sizes(int... dims) {
        return Arrays.stream(dims).asLongStream().toArray();
    }

    /** Runs a loop that reads buffer 0, with values as above, and writes buffer 1. */
    private static MemorySegment run(Task.Loop loop, int bits, boolean ends, long inBytes, long outBytes, DType dtype)
            throws Exception {
        CodeBatch batch = new CodeBatch();
        Pool pool = Pool.of(2);
        Kernel kernel = LoopKernels.prepare(loop, new Isa(bits, false, false), pool, batch);
        assertNotNull(kernel, loop.toString());
        batch.publish();
        GuardedMemory[] memory = new GuardedMemory[2];
        for (int i = 0; i < 2; i++) {
            long bytes = i == 0 ? inBytes : outBytes;
            memory[i] = ends ? GuardedMemory.endingAtGuard(bytes) : GuardedMemory.beginningAtGuard(bytes);
        }
        MemorySegment in = memory[0].segment();
        for (long i = 0; i < inBytes / dtype.bytes(); i++) {
            Elements.set(in, dtype, i, value(i));
        }
        kernel.run(new MemorySegment[] {in, memory[1].segment()});
        pool.close();
        return memory[1].segment();
    }

    private static void requires(int bits) {
        assumeTrue(Isa.machine().vectorBits() >= bits, "this machine lacks vectors of " + bits + " bits");
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void sumsOfColumns(int bits) throws Exception {
        requires(bits);
        for (int width : WIDTHS) {
            for (int rows : ROWS) {
                DType dtype = DTYPES[(width + rows) % DTYPES.length];
                DType result = dtype.isFloat() ? DType.F64 : DType.I32;
                result = dtype == DType.BF16 ? DType.F32 : dtype.isFloat() ? dtype : result;
                // (2, width) columns of (2, rows, width)
                int[] dims = {2, width, rows};
                long[] out = sizes(width, 1, 0);
                List<Task.Value> values = List.of(
                        new Task.Load(new Task.Access(0, dtype, 0, dims, sizes(rows * width, 1, width))),
                        new Task.Apply(Elementwise.CAST, result, 0, -1, -1),
                        new Task.Fold(Reduce.Kind.SUM, result, 1));
                Task.Loop loop = new Task.Loop(
                        dims, 1, values, List.of(new Task.Store(2, new Task.Access(1, result, 0, dims, out))));
                MemorySegment sums = run(
                        loop,
                        bits,
                        rows % 2 == 0,
                        2L * rows * width * dtype.bytes(),
                        2L * width * result.bytes(),
                        dtype);
                for (int i = 0; i < 2 * width; i++) {
                    double sum = 0;
                    for (int row = 0; row < rows; row++) {
                        sum += value(((long) i / width * rows + row) * width + i % width);
                    }
                    assertEquals(sum, Elements.get(sums, result, i), dtype + " " + rows + "x" + width + " at " + i);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void transposes(int bits) throws Exception {
        requires(bits);
        for (int width : WIDTHS) {
            for (int rows : ROWS) {
                DType dtype = DTYPES[(width + rows) % 4];
                // (2, rows, width) as (2, width, rows), plus one
                int[] dims = {2, width, rows};
                List<Task.Value> values = List.of(
                        new Task.Load(new Task.Access(0, dtype, 0, dims, sizes(rows * width, 1, width))),
                        new Task.Constant(1, dtype),
                        new Task.Apply(Elementwise.ADD, dtype, 0, 1, -1));
                long[] out = sizes(rows * width, rows, 1);
                Task.Loop loop = new Task.Loop(
                        dims, 0, values, List.of(new Task.Store(2, new Task.Access(1, dtype, 0, dims, out))));
                long bytes = 2L * rows * width * dtype.bytes();
                MemorySegment turned = run(loop, bits, rows % 2 == 0, bytes, bytes, dtype);
                for (long i = 0; i < 2L * rows * width; i++) {
                    long plane = i / ((long) rows * width);
                    long row = i % rows;
                    long column = i / rows % width;
                    double expected = value((plane * rows + row) * width + column) + 1;
                    assertEquals(
                            expected, Elements.get(turned, dtype, i), dtype + " " + rows + "x" + width + " at " + i);
                }
            }
        }
    }
}
