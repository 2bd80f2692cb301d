package dev.lamina.cpu.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Each scalar function on each dtype, on all pairs of awkward values, in each form of the operands. */
class LoopOpsTest {
    private static final double[] FLOATS = {
        0.0,
        -0.0,
        1,
        -1,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        3,
        -7,
        1e-40,
        -1e-40,
        1e30,
        -3e38,
        65504,
        1 / 3.0,
        88,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN
    };
    private static final long[] INTEGERS = {
        0,
        1,
        -1,
        2,
        -2,
        3,
        7,
        -7,
        100,
        127,
        -128,
        255,
        1000,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        5_000_000_000L
    };

    private final Pool pool = Pool.of(1);

    private static boolean isFor(Elementwise op, DType dtype) {
        boolean integerOnly = op == Elementwise.AND || op == Elementwise.OR || op == Elementwise.XOR;
        boolean floatOnly = op == Elementwise.SQRT || (op.isHeavy() && op != Elementwise.POW && op != Elementwise.REM);
        return dtype.isFloat() ? !integerOnly : !floatOnly;
    }

    /** All pairs of values: the first along rows, the second along columns. */
    private static MemorySegment values(DType dtype, boolean rows) {
        int n = dtype.isFloat() ? FLOATS.length : INTEGERS.length;
        MemorySegment memory = Arena.ofAuto().allocate((long) n * n * dtype.bytes(), 8);
        for (int i = 0; i < n * n; i++) {
            int pick = rows ? i / n : i % n;
            if (dtype.isFloat()) {
                Elements.set(memory, dtype, i, FLOATS[pick]);
            } else {
                Elements.setLong(memory, dtype, i, INTEGERS[pick]);
            }
        }
        return memory;
    }

    private static int count(DType dtype) {
        int n = dtype.isFloat() ? FLOATS.length : INTEGERS.length;
        return n * n;
    }

    private static Task.Access access(int buffer, DType dtype, int[] dims, long... strides) {
        return new Task.Access(buffer, dtype, 0, dims, strides);
    }

    @Test
    void allOpsOnAllDtypes() {
        for (DType dtype : DType.values()) {
            for (Elementwise op : Elementwise.values()) {
                if (op != Elementwise.CAST && op != Elementwise.WHERE && isFor(op, dtype)) {
                    op(op, dtype);
                }
            }
        }
    }

    private void op(Elementwise op, DType dtype) {
        int[] dims = {count(dtype)};
        DType result = op.isComparison() ? DType.BOOL : dtype;
        Task.Loop loop = new Task.Loop(
                dims,
                0,
                List.of(
                        new Task.Load(access(0, dtype, dims, 1)),
                        new Task.Load(access(1, dtype, dims, 1)),
                        new Task.Apply(op, result, 0, op.arity() == 1 ? -1 : 1, -1)),
                List.of(new Task.Store(2, access(2, result, dims, 1))));
        MemorySegment out = Arena.ofAuto().allocate((long) count(dtype) * result.bytes(), 8);
        check(op + " on " + dtype, loop, values(dtype, true), values(dtype, false), out);
    }

    private void check(String message, Task.Loop loop, MemorySegment... buffers) {
        MemorySegment[] expected = LoopKernelTest.copy(buffers);
        MemorySegment[] actual = LoopKernelTest.copy(buffers);
        NaiveLoop.run(loop, expected);
        LoopCompiler.compile(loop, pool).run(actual);
        for (Task.Store store : loop.stores()) {
            Task.Access access = store.access();
            long size = expected[access.buffer()].byteSize() / access.dtype().bytes();
            for (long i = 0; i < size; i++) {
                long at = i;
                if (!access.dtype().isFloat()) {
                    long x = Elements.getLong(expected[access.buffer()], access.dtype(), i);
                    assertEquals(
                            x,
                            Elements.getLong(actual[access.buffer()], access.dtype(), i),
                            () -> where(message, at, loop));
                } else {
                    double x = Elements.get(expected[access.buffer()], access.dtype(), i);
                    double y = Elements.get(actual[access.buffer()], access.dtype(), i);
                    assertTrue(
                            isClose(x, y, access.dtype()),
                            () -> where(message, at, loop) + ": expected " + x + ", got " + y);
                }
            }
        }
    }

    private static String where(String message, long i, Task.Loop loop) {
        return message + ", element " + i + " of " + loop;
    }

    /** At most the neighbouring number; the sign of zero counts. */
    private static boolean isClose(double x, double y, DType dtype) {
        double ulp = switch (dtype) {
            case F64 -> 4 * Math.ulp(x);
            case F32 -> Math.ulp((float) x);
            case F16 -> Math.max(0x1p-24, Math.ulp((float) x) * 0x1p13);
            case BF16 -> Math.ulp((float) x) * 0x1p16;
            case I64, I32, I8, U8, BOOL -> 0;
        };
        boolean sameZero = x != 0 || y != 0 || 1 / x == 1 / y;
        return Double.compare(x, y) == 0 || (Math.abs(x - y) <= ulp && sameZero);
    }

    @Test
    void allCasts() {
        for (DType from : DType.values()) {
            for (DType to : DType.values()) {
                int[] dims = {count(from)};
                Task.Loop loop = new Task.Loop(
                        dims,
                        0,
                        List.of(
                                new Task.Load(access(0, from, dims, 1)),
                                new Task.Apply(Elementwise.CAST, to, 0, -1, -1)),
                        List.of(new Task.Store(1, access(1, to, dims, 1))));
                MemorySegment out = Arena.ofAuto().allocate((long) count(from) * to.bytes(), 8);
                check(from + " to " + to, loop, values(from, false), out);
            }
        }
    }

    /** Any bits, and halfway cases: ties go to even, NaN stays NaN. */
    @Test
    void halvesAreRoundedToNearestEven() {
        int n = 60_000;
        Random random = new Random(1);
        MemorySegment in = Arena.ofAuto().allocate(n * 4L, 8);
        for (int i = 0; i < n; i++) {
            int bits = random.nextInt();
            boolean tie = i % 3 == 0;
            in.setAtIndex(ValueLayout.JAVA_INT, i, tie ? (bits & 0xffff0000) | 0x8000 : bits);
            if (i % 7 == 0) {
                in.setAtIndex(ValueLayout.JAVA_FLOAT, i, (random.nextInt(1 << 13) - (1 << 12)) * 0x1p-12f);
            }
        }
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            int[] dims = {n};
            Task.Loop loop = new Task.Loop(
                    dims,
                    0,
                    List.of(
                            new Task.Load(access(0, DType.F32, dims, 1)),
                            new Task.Apply(Elementwise.CAST, dtype, 0, -1, -1)),
                    List.of(new Task.Store(1, access(1, dtype, dims, 1))));
            MemorySegment[] expected = {in, Arena.ofAuto().allocate(n * 2L, 8)};
            MemorySegment[] actual = {in, Arena.ofAuto().allocate(n * 2L, 8)};
            NaiveLoop.run(loop, expected);
            LoopCompiler.compile(loop, pool).run(actual);
            LoopKernelTest.compare("cast to " + dtype, loop.stores().get(0).access(), expected, actual);
        }
    }

    @Test
    void whereChoosesBits() {
        for (DType dtype : DType.values()) {
            int[] dims = {count(dtype)};
            Task.Loop loop = new Task.Loop(
                    dims,
                    0,
                    List.of(
                            new Task.Load(access(0, dtype, dims, 1)),
                            new Task.Load(access(1, dtype, dims, 1)),
                            new Task.Apply(Elementwise.LT, DType.BOOL, 0, 1, -1),
                            new Task.Apply(Elementwise.WHERE, dtype, 2, 0, 1)),
                    List.of(new Task.Store(3, access(2, dtype, dims, 1))));
            MemorySegment out = Arena.ofAuto().allocate((long) count(dtype) * dtype.bytes(), 8);
            check("where on " + dtype, loop, values(dtype, true), values(dtype, false), out);
        }
    }

    /** Operands that are one number for the loop or for the row, on either side. */
    @Test
    void operandsOfLowerLevel() {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.BF16)) {
            int n = dtype.isFloat() ? FLOATS.length : INTEGERS.length;
            for (Elementwise op : Elementwise.values()) {
                for (int reduced = 0; op.arity() == 2 && isFor(op, dtype) && reduced < 2; reduced++) {
                    lowerLevel(op, dtype, n, reduced);
                }
            }
        }
    }

    private void lowerLevel(Elementwise op, DType dtype, int n, int reduced) {
        int columns = 40;
        int[] dims = {n, columns};
        DType result = op.isComparison() ? DType.BOOL : dtype;
        List<Task.Value> values = new ArrayList<>(List.of(
                new Task.Load(access(0, dtype, dims, n, 0)),
                new Task.Load(access(1, dtype, dims, n, 1)),
                new Task.Constant(-3, dtype)));
        List<Task.Store> stores = new ArrayList<>();
        int[][] pairs = {{0, 1}, {1, 0}, {1, 2}, {2, 1}};
        MemorySegment[] buffers = new MemorySegment[6];
        buffers[0] = values(dtype, true);
        buffers[1] = Arena.ofAuto()
                .allocate((n * (long) n + columns) * dtype.bytes(), 8)
                .copyFrom(values(dtype, false));
        for (int i = 0; i < pairs.length; i++) {
            values.add(new Task.Apply(op, result, pairs[i][0], pairs[i][1], -1));
            stores.add(new Task.Store(values.size() - 1, access(2 + i, result, dims, columns, 1)));
            buffers[2 + i] = Arena.ofAuto().allocate((long) n * columns * result.bytes(), 8);
        }
        if (reduced == 1) {
            values.add(new Task.Fold(Reduce.Kind.MAX, dtype, 1));
        }
        check(op + " on " + dtype, new Task.Loop(dims, reduced, values, stores), buffers);
    }

    @Test
    void foldsPropagateNan() {
        for (Reduce.Kind kind : Reduce.Kind.values()) {
            boolean position = switch (kind) {
                case ARGMAX, ARGMIN -> true;
                case SUM, MAX, MIN -> false;
            };
            for (DType dtype : List.of(DType.F32, DType.F64, DType.F16)) {
                for (int length : new int[] {3, 40, 5000}) {
                    DType result = position ? DType.I64 : dtype;
                    int[] dims = {2, length};
                    MemorySegment in = Arena.ofAuto().allocate(2L * length * dtype.bytes(), 8);
                    Elements.set(in, dtype, 1, Double.NaN);
                    Elements.set(in, dtype, 2, Double.NaN);
                    Elements.set(in, dtype, length + 2, Double.POSITIVE_INFINITY);
                    Task.Loop loop = new Task.Loop(
                            dims,
                            1,
                            List.of(new Task.Load(access(0, dtype, dims, length, 1)), new Task.Fold(kind, result, 0)),
                            List.of(new Task.Store(1, access(1, result, dims, 1, 0))));
                    check(kind + " of " + dtype, loop, in, Arena.ofAuto().allocate(2L * result.bytes(), 8));
                }
            }
        }
    }
}
