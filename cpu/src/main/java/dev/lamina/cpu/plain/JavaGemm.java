package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Batched matrix products in plain Java, prepared for one shape: C[p] = A[p] B[p] for each product p of the batch. Immutable;
 * any number of threads may run it at the same time. A run allocates nothing after the first ones.
 *
 * <p>f32 and f64: an element of C is fma(a(i, K-1), b(K-1, j), ... fma(a(i, 0), b(0, j), 0)), one chain in the order of k. So
 * its bits depend on the row of A and the column of B only: not on the number of threads, not on the other rows of a batch, not
 * on strides. f16 and bf16 do the same in f32 and round once, to nearest even. Integers wrap. With K = 0, C is zero.
 */
public final class JavaGemm {
    private final GemmShape shape;
    private final int batch;
    private final Reach a;
    private final Reach b;
    private final Reach c;
    private final Engine engine;

    /** The products of one element type. */
    interface Engine {
        void run(
                Pool pool, MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset);
    }

    /** The smallest and the largest element that is touched, counted from the caller's offset; low > high if none is. */
    private record Reach(char name, int rows, int columns, long low, long high) {
        static Reach of(char name, int rows, int columns, long row, long column, long[] offsets) {
            if (rows == 0 || columns == 0 || offsets.length == 0) {
                return new Reach(name, rows, columns, 0, -1);
            }
            long down = Math.multiplyExact(row, rows - 1L);
            long right = Math.multiplyExact(column, columns - 1L);
            long low = Arrays.stream(offsets).min().orElse(0) + Math.min(down, 0) + Math.min(right, 0);
            long high = Arrays.stream(offsets).max().orElse(0) + Math.max(down, 0) + Math.max(right, 0);
            return new Reach(name, rows, columns, low, high);
        }

        void check(MemorySegment segment, long offset, DType dtype) {
            long elements = segment.byteSize() / dtype.bytes();
            if (low <= high && (offset + low < 0 || offset + high >= elements)) {
                throw new ShapeException("matmul: expected elements " + (offset + low) + " to " + (offset + high)
                        + " of " + dtype + " for " + name + " (" + rows + ", " + columns + "), got a segment of "
                        + elements + "; check offset and strides");
            }
        }
    }

    private JavaGemm(GemmShape shape, long[] aOffsets, long[] bOffsets, long[] cOffsets) {
        this.shape = shape;
        batch = cOffsets.length;
        a = Reach.of('A', shape.m(), shape.k(), shape.aRow(), shape.aColumn(), aOffsets);
        b = Reach.of('B', shape.k(), shape.n(), shape.bRow(), shape.bColumn(), bOffsets);
        c = Reach.of('C', shape.m(), shape.n(), shape.cRow(), shape.cColumn(), cOffsets);
        engine = switch (shape.dtype()) {
            case F32, F64 -> new FloatingGemm(shape, aOffsets, bOffsets, cOffsets);
            case BF16, F16 -> new HalfGemm(shape, aOffsets, bOffsets, cOffsets);
            case I64, I32, I8, U8, BOOL -> new IntegerGemm(shape, aOffsets, bOffsets, cOffsets);
        };
    }

    /** One product. */
    public static JavaGemm of(GemmShape shape) {
        return of(shape, new long[1], new long[1], new long[1]);
    }

    /**
     * A batch with equal distances.
     *
     * @param batch number of products
     * @param aStride elements from one A to the next; 0 for the same A in all products
     * @param bStride elements from one B to the next; 0 for the same B in all products
     * @param cStride elements from one C to the next
     */
    public static JavaGemm of(GemmShape shape, int batch, long aStride, long bStride, long cStride) {
        return of(shape, steps(batch, aStride), steps(batch, bStride), steps(batch, cStride));
    }

    /**
     * A batch with any offsets, for example one with several axes.
     *
     * @param aOffsets first element of each A
     * @param bOffsets first element of each B
     * @param cOffsets first element of each C; the results must not overlap
     */
    public static JavaGemm of(GemmShape shape, long[] aOffsets, long[] bOffsets, long[] cOffsets) {
        int batch = cOffsets.length;
        if (aOffsets.length != batch || bOffsets.length != batch) {
            throw new ShapeException("matmul: expected as many offsets for A, B and C, got " + aOffsets.length + ", "
                    + bOffsets.length + ", " + batch + "; repeat an offset to use a matrix again");
        }
        long rows = (long) batch * shape.m();
        boolean oneProduct = batch > 1
                && rows <= Integer.MAX_VALUE
                && isSteps(bOffsets, 0)
                && isSteps(aOffsets, shape.m() * shape.aRow())
                && isSteps(cOffsets, shape.m() * shape.cRow());
        if (oneProduct) {
            // One B for all, and the rows of A and C go on from product to product.
            return new JavaGemm(
                    shape.withRows((int) rows), new long[] {aOffsets[0]}, new long[] {bOffsets[0]}, new long[] {
                        cOffsets[0]
                    });
        }
        return new JavaGemm(shape, aOffsets.clone(), bOffsets.clone(), cOffsets.clone());
    }

    private static long[] steps(int batch, long step) {
        long[] offsets = new long[batch];
        Arrays.setAll(offsets, i -> i * step);
        return offsets;
    }

    private static boolean isSteps(long[] offsets, long step) {
        for (int i = 1; i < offsets.length; i++) {
            if (offsets[i] - offsets[i - 1] != step) {
                return false;
            }
        }
        return true;
    }

    /**
     * Computes the products. A and B must not overlap C.
     *
     * @param pool threads for large products; small ones stay on the caller
     * @param a memory of A, little endian
     * @param aOffset element of the segment that offsets count from
     * @param b memory of B
     * @param bOffset element of the segment that offsets count from
     * @param c memory of C
     * @param cOffset element of the segment that offsets count from
     * @throws ShapeException if a matrix does not lie inside its segment
     */
    public void run(
            Pool pool, MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset) {
        this.a.check(a, aOffset, shape.dtype());
        this.b.check(b, bOffset, shape.dtype());
        this.c.check(c, cOffset, shape.dtype());
        if (batch > 0 && shape.m() > 0 && shape.n() > 0) {
            engine.run(pool, a, aOffset, b, bOffset, c, cOffset);
        }
    }

    /** {@link #run(Pool, MemorySegment, long, MemorySegment, long, MemorySegment, long)} with offsets 0. */
    public void run(Pool pool, MemorySegment a, MemorySegment b, MemorySegment c) {
        run(pool, a, 0, b, 0, c, 0);
    }
}
