package dev.lamina.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.GuardedMemory;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VectorProductTest {
    private static final int K = 1003;

    private static Task.MatMul product(DType dtype, DType rounded, int m, int n, boolean columns) {
        Task.Access a = new Task.Access(0, dtype, 0, new int[] {2, m, K}, new long[] {(long) m * K, K, 1});
        long[] strides = columns ? new long[] {(long) K * n, 1, K} : new long[] {(long) K * n, n, 1};
        Task.Access b = new Task.Access(1, dtype, 0, new int[] {2, K, n}, strides);
        Task.Access c = new Task.Access(2, dtype, 0, new int[] {2, m, n}, new long[] {(long) m * n, n, 1});
        return new Task.MatMul(a, b, c, rounded);
    }

    private static void set(MemorySegment to, DType dtype, long i, double value) {
        switch (dtype) {
            case F64 -> to.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i, value);
            case BF16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i, DType.toBf16((float) value));
            default -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i, (float) value);
        }
    }

    private static double get(MemorySegment from, DType dtype, long i) {
        return switch (dtype) {
            case F64 -> from.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * i);
            case BF16 -> DType.fromBf16(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * i));
            default -> from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i);
        };
    }

    /** A small whole number, so that all sums are exact. */
    private static int element(long i, int buffer) {
        return (int) ((i * (buffer + 3) + i / 7) % 5) - 2;
    }

    private static MemorySegment memory(Task.Access access) {
        DType dtype = access.dtype();
        MemorySegment memory = GuardedMemory.endingAtGuard((access.range()[1] + 1) * dtype.bytes())
                .segment();
        for (long i = 0; i < memory.byteSize() / dtype.bytes(); i++) {
            set(memory, dtype, i, element(i, access.buffer()));
        }
        return memory;
    }

    private static void check(DType dtype, DType rounded, int m, int n) throws CodeException {
        Task.MatMul task = product(dtype, rounded, m, n, m == 1);
        assertTrue(VectorProduct.takes(task));
        MemorySegment[] buffers = {memory(task.a()), memory(task.b()), memory(task.out())};
        Pool pool = Pool.of(3);
        CodeBatch batch = new CodeBatch();
        Kernel kernel = GemmKernels.prepare(task, null, Isa.machine(), pool, batch);
        assertNotNull(kernel);
        batch.publish();
        kernel.run(buffers);
        pool.close();
        for (int i = 0; i < 2 * m * n; i++) {
            int item = i / (m * n);
            int other = i % (m * n);
            long aAt = (long) item * m * K + (n == 1 ? (long) other * K : 0);
            long bAt = (long) item * n * K + (n == 1 ? 0 : (long) other * K);
            long sum = 0;
            for (int l = 0; l < K; l++) {
                sum += (long) element(aAt + l, 0) * element(bAt + l, 1);
            }
            assertEquals(
                    dtype.round((double) sum), get(buffers[2], dtype, i), dtype + " " + m + " x " + n + " at " + i);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16"})
    void sumsAreRightForRowsAndColumns(DType dtype) throws CodeException {
        assumeTrue(Isa.machine().vectorBits() > 0);
        check(dtype, dtype, 201, 1);
        check(dtype, dtype, 1, 201);
        if (dtype == DType.F32) {
            check(dtype, DType.BF16, 201, 1);
        }
    }

    @Test
    void smallOnesAndMatricesAcrossTheSumsAreNotTaken() {
        assertFalse(VectorProduct.takes(product(DType.F32, DType.F32, 1, 201, false)));
        assertFalse(VectorProduct.takes(product(DType.F32, DType.F32, 20, 1, false)));
        assertFalse(VectorProduct.takes(product(DType.I32, DType.I32, 201, 1, false)));
    }
}
