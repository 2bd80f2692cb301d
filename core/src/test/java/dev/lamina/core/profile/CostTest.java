package dev.lamina.core.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Scatter;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostTest {
    @Test
    void aMapReadsEachWindowOnceAndRepeatedElementsOnce() {
        Task.Access x = access(0, DType.F32, 8, 16);
        Task.Access bias = new Task.Access(1, DType.F32, 0, new int[] {8, 16}, new long[] {0, 1});
        Task.Loop loop = new Task.Loop(
                new int[] {8, 16},
                0,
                List.of(
                        new Task.Load(x),
                        new Task.Load(x),
                        new Task.Load(bias),
                        new Task.Constant(2, DType.F32),
                        apply(Elementwise.ADD, 0, 2),
                        apply(Elementwise.MUL, 4, 1),
                        new Task.Apply(Elementwise.CAST, DType.F64, 5, -1, -1)),
                List.of(new Task.Store(6, access(2, DType.F64, 8, 16))));
        assertEquals(new Cost(4 * 128 + 4 * 16 + 8 * 128, 2 * 128, false), Cost.of(loop));
        assertEquals("map [8, 16] add mul cast", Cost.label(loop));
    }

    @Test
    void whatIsTheSameAlongARowCountsOncePerRow() {
        Task.Loop loop = new Task.Loop(
                new int[] {4, 10},
                1,
                List.of(
                        new Task.Load(access(0, DType.F32, 4, 10)),
                        new Task.Fold(Reduce.Kind.SUM, DType.F32, 0),
                        new Task.Constant(0.1, DType.F32),
                        apply(Elementwise.MUL, 1, 2),
                        apply(Elementwise.SUB, 0, 3)),
                List.of(new Task.Store(4, access(1, DType.F32, 4, 10))));
        // the sum: 40 additions; the mean: 4 products; the difference: 40
        assertEquals(new Cost(2 * 160, 84, false), Cost.of(loop));
        assertEquals("rows [4, 10] SUM mul sub", Cost.label(loop));
    }

    @Test
    void aProductHasTwoOperationsPerMultiplyAdd() {
        Task.MatMul product = product(DType.F32);
        assertEquals(new Cost(4 * (3 * 5 * 7 + 3 * 7 * 9 + 3 * 5 * 9), 2.0 * 3 * 5 * 7 * 9, false), Cost.of(product));
        assertEquals("matmul [3, 5, 7]f32 x [3, 7, 9]f32", Cost.label(product));
        assertEquals(true, Cost.of(product(DType.BF16)).half());
    }

    @Test
    void theResultOfAProductInAChainIsNotMoved() {
        Task.MatMul product = product(DType.F32);
        Task.Loop epilogue = new Task.Loop(
                new int[] {3, 5, 9},
                0,
                List.of(new Task.Load(product.out()), apply(Elementwise.TANH, 0, -1)),
                List.of(new Task.Store(1, access(3, DType.F32, 3, 5, 9))));
        Cost alone = Cost.of(product);
        assertEquals(new Cost(alone.bytes(), alone.flops() + 135, false), Cost.of(new Task.Chain(product, epilogue)));
    }

    @Test
    void otherTasks() {
        Task.Access index = access(1, DType.I64, 6);
        Task.Access rows = access(2, DType.F32, 6, 32);
        Task.Access table = access(0, DType.F32, 1000, 32);
        assertEquals(new Cost(6 * 8 + 2 * 6 * 32 * 4, 0, false), Cost.of(new Task.Gather(table, index, rows)));
        assertEquals(
                new Cost(2 * 4 * 32000 + 48 + 768, 192, false),
                Cost.of(new Task.Scattering(Scatter.Kind.ADD, table, index, rows, access(3, DType.F32, 1000, 32))));
        assertEquals(
                new Cost(2 * 768, 192, false), Cost.of(new Task.Scanning(false, rows, access(3, DType.F32, 6, 32))));
        assertEquals(
                new Cost(768 + 1536, 0, false), Cost.of(new Task.Sorting(false, rows, access(3, DType.I64, 6, 32))));
    }

    @Test
    void nothingCostsNothing() {
        Task.Access none = access(0, DType.F32, 0, 7);
        Task.Loop loop = new Task.Loop(
                new int[] {0, 7},
                0,
                List.of(new Task.Load(none), apply(Elementwise.NEG, 0, -1)),
                List.of(new Task.Store(1, none)));
        assertEquals(new Cost(0, 0, false), Cost.of(loop));
    }

    private static Task.MatMul product(DType rounded) {
        return new Task.MatMul(
                access(0, DType.F32, 3, 5, 7), access(1, DType.F32, 3, 7, 9), access(2, DType.F32, 3, 5, 9), rounded);
    }

    private static Task.Apply apply(Elementwise op, int a, int b) {
        return new Task.Apply(op, DType.F32, a, b, -1);
    }

    private static Task.Access access(int buffer, DType dtype, int... dims) {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= dims[i];
        }
        return new Task.Access(buffer, dtype, 0, dims, strides);
    }
}
