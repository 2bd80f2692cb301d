package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import java.util.Arrays;
import java.util.Random;

/** Products of random sizes and strides: transposed, with gaps, backwards, repeated, in batches. */
final class RandomProduct {
    private final Random random;

    RandomProduct(Random random) {
        this.random = random;
    }

    Task.MatMul next(DType dtype, DType rounded, int largest) {
        int m = size(largest);
        int n = size(largest);
        int k = random.nextInt(20) == 0 ? 0 : size(largest);
        int[] batch = new int[random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0];
        for (int d = 0; d < batch.length; d++) {
            batch[d] = 1 + random.nextInt(5);
        }
        boolean oneB = random.nextInt(3) == 0;
        Task.Access a = access(0, dtype, dims(batch, m, k), false, random.nextInt(3) == 0);
        Task.Access b = access(1, dtype, dims(batch, k, n), oneB, random.nextInt(3) == 0);
        int[] dims = dims(batch, m, n);
        long[] strides = new long[dims.length];
        long step = 1;
        for (int d = dims.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= dims[d];
        }
        return new Task.MatMul(a, b, new Task.Access(2, dtype, 0, dims, strides), rounded);
    }

    private int size(int largest) {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(Math.min(largest, 20));
            case 1 -> 1 + random.nextInt(Math.min(largest, 80));
            default -> 1 + random.nextInt(largest);
        };
    }

    private static int[] dims(int[] batch, int rows, int columns) {
        int[] dims = Arrays.copyOf(batch, batch.length + 2);
        dims[batch.length] = rows;
        dims[batch.length + 1] = columns;
        return dims;
    }

    /** A window whose lowest element is the first of its buffer. */
    private Task.Access access(int buffer, DType dtype, int[] dims, boolean repeated, boolean unusual) {
        int rank = dims.length;
        long[] strides = new long[rank];
        long step = unusual && random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
        boolean transposed = random.nextBoolean();
        int[] order = new int[rank];
        for (int i = 0; i < rank; i++) {
            order[i] = rank - 1 - i;
        }
        if (transposed) {
            order[0] = rank - 2;
            order[1] = rank - 1;
        }
        for (int d : order) {
            boolean zero = (repeated && d < rank - 2) || (unusual && random.nextInt(8) == 0);
            boolean back = unusual && random.nextInt(4) == 0;
            strides[d] = zero ? 0 : back ? -step : step;
            if (!zero) {
                step = step * Math.max(1, dims[d]) + (unusual ? random.nextInt(4) : 0);
            }
        }
        if (random.nextInt(8) == 0 && rank == 2) {
            // Rows of a power of two, which compete in the cache.
            strides[order[1]] = Integer.highestOneBit((int) Math.max(512, Math.abs(strides[order[1]]) * 2 - 1));
        }
        long low = new Task.Access(buffer, dtype, 0, dims, strides).range()[0];
        return new Task.Access(buffer, dtype, -low, dims, strides);
    }
}
