package dev.lamina.cpu.loop;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.plain.NaiveLoop;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels with several passes, heavy functions and divisions, and long sums, against scalar code in double precision. */
class RowKernelTest {
    private static final int[] WIDTHS = {1, 7, 10, 13, 16, 32, 64, 65, 207, 702, 1024, 4098};

    private final List<Task.Value> values = new ArrayList<>();

    private int add(Task.Value value) {
        values.add(value);
        return values.size() - 1;
    }

    private int load(int buffer, int[] dims, long... strides) {
        return add(new Task.Load(new Task.Access(buffer, DType.F32, 0, dims, strides)));
    }

    private int apply(Elementwise op, int a, int b) {
        return add(new Task.Apply(op, DType.F32, a, b, -1));
    }

    private int fold(Reduce.Kind kind, int a) {
        return add(new Task.Fold(kind, DType.F32, a));
    }

    /** Compares a loop that reads buffer 0 and writes buffer 1, both of the given number of f32. */
    private static void check(Task.Loop loop, int bits, int in, int out, double tolerance) throws Exception {
        assumeTrue(Isa.machine().vectorBits() >= bits, "this machine lacks vectors of " + bits + " bits");
        Pool pool = Pool.of(2);
        CodeBatch batch = new CodeBatch();
        Kernel kernel = LoopKernels.prepare(loop, new Isa(bits, false, false), pool, batch);
        assertNotNull(kernel, loop.toString());
        batch.publish();
        MemorySegment x = Arena.ofAuto().allocate(in * 4L, 64);
        Random random = new Random(in);
        for (int i = 0; i < in; i++) {
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() * 8 - 2);
        }
        MemorySegment expected = Arena.ofAuto().allocate(out * 4L, 64);
        MemorySegment actual = Arena.ofAuto().allocate(out * 4L, 64);
        NaiveLoop.run(loop, new MemorySegment[] {x, expected});
        kernel.run(new MemorySegment[] {x, actual});
        pool.close();
        for (int i = 0; i < out; i++) {
            float e = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            float a = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            double error = e == a || (Float.isNaN(e) && Float.isNaN(a)) ? 0 : Math.abs(e - a);
            assertTrue(
                    error == 0 || error <= tolerance * Math.abs(e), "element " + i + ": expected " + e + ", got " + a);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void softmax(int bits) throws Exception {
        for (int width : WIDTHS) {
            values.clear();
            int[] dims = {5, width};
            int x = load(0, dims, width, 1);
            int e = apply(Elementwise.EXP, apply(Elementwise.SUB, x, fold(Reduce.Kind.MAX, x)), -1);
            int y = apply(Elementwise.DIV, e, fold(Reduce.Kind.SUM, e));
            Task.Store store = new Task.Store(y, new Task.Access(1, DType.F32, 0, dims, new long[] {width, 1}));
            check(new Task.Loop(dims, 1, List.copyOf(values), List.of(store)), bits, 5 * width, 5 * width, 2e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void softmaxDownColumns(int bits) throws Exception {
        for (int width : WIDTHS) {
            values.clear();
            int[] dims = {width, 9};
            int x = load(0, dims, 1, width);
            int e = apply(Elementwise.EXP, apply(Elementwise.SUB, x, fold(Reduce.Kind.MAX, x)), -1);
            int y = apply(Elementwise.DIV, e, fold(Reduce.Kind.SUM, e));
            Task.Store store = new Task.Store(y, new Task.Access(1, DType.F32, 0, dims, new long[] {1, width}));
            check(new Task.Loop(dims, 1, List.copyOf(values), List.of(store)), bits, 9 * width, 9 * width, 2e-6);
        }
    }

    /** Divisors from the ends of the range, zeros and infinities: the bits of a division, but for subnormal quotients. */
    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void divisionByOneNumber(int bits) throws Exception {
        for (float divisor :
                new float[] {3, -7, 41, 1e-40f, 1e-33f, 1e33f, Float.MAX_VALUE, 0, Float.POSITIVE_INFINITY}) {
            values.clear();
            int[] dims = {4098};
            int x = load(0, dims, 1);
            int y = apply(Elementwise.DIV, x, add(new Task.Constant(divisor, DType.F32)));
            Task.Store store = new Task.Store(y, new Task.Access(1, DType.F32, 0, dims, new long[] {1}));
            check(new Task.Loop(dims, 0, List.copyOf(values), List.of(store)), bits, 4098, 4098, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void longSumsStayAccurate(int bits) throws Exception {
        sums(bits, new int[] {1_000_003}, 1, new long[] {1}, new long[] {0});
        sums(bits, new int[] {5, 100_007}, 1, new long[] {100_007, 1}, new long[] {1, 0});
        sums(bits, new int[] {200, 5001}, 1, new long[] {1, 200}, new long[] {1, 0});
        sums(bits, new int[] {3, 200_000}, 1, new long[] {1, 3}, new long[] {1, 0});
        sums(bits, new int[] {40, 50, 500}, 1, new long[] {25_000, 1, 50}, new long[] {50, 1, 0});
    }

    private void sums(int bits, int[] dims, int reduced, long[] strides, long[] outStrides) throws Exception {
        values.clear();
        int sum = fold(Reduce.Kind.SUM, load(0, dims, strides));
        int size = 1;
        int rows = 1;
        for (int d = 0; d < dims.length; d++) {
            size *= dims[d];
            rows *= d < dims.length - reduced ? dims[d] : 1;
        }
        Task.Store store = new Task.Store(sum, new Task.Access(1, DType.F32, 0, dims, outStrides));
        check(new Task.Loop(dims, reduced, List.copyOf(values), List.of(store)), bits, size, rows, 4e-7);
    }
}
