package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Products of f16 and bf16: blocks of the operands are converted to f32, multiplied into a block of f32 sums, and the sums are
 * rounded once.
 */
final class HalfGemm implements JavaGemm.Engine {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int ROWS = 256;
    private static final int COLUMNS = 512;
    private static final int DEPTH = 512;
    private static final long[] START = new long[1];
    private static final FreeList<Scratch> FREE = new FreeList<>(Scratch::new);

    private final GemmShape shape;
    private final long[] aOffsets;
    private final long[] bOffsets;
    private final long[] cOffsets;

    /** Products of blocks by whether the block is cut off (1) in M, N, K. */
    private final FloatingGemm[] blocks = new FloatingGemm[8];

    private record Scratch(MemorySegment a, MemorySegment b, MemorySegment c) {
        Scratch() {
            this(floats(ROWS * DEPTH), floats(DEPTH * COLUMNS), floats(ROWS * COLUMNS));
        }

        private static MemorySegment floats(int count) {
            return Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, count);
        }
    }

    HalfGemm(GemmShape shape, long[] aOffsets, long[] bOffsets, long[] cOffsets) {
        this.shape = shape;
        this.aOffsets = aOffsets;
        this.bOffsets = bOffsets;
        this.cOffsets = cOffsets;
        for (int i = 0; i < blocks.length; i++) {
            int m = (i & 1) != 0 ? shape.m() % ROWS : ROWS;
            int n = (i & 2) != 0 ? shape.n() % COLUMNS : COLUMNS;
            int k = (i & 4) != 0 ? shape.k() % DEPTH : DEPTH;
            GemmShape block = new GemmShape(DType.F32, m, n, k, DEPTH, 1, COLUMNS, 1, COLUMNS, 1);
            blocks[i] = new FloatingGemm(block, START, START, START);
        }
    }

    @Override
    public void run(
            Pool pool, MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset) {
        Scratch scratch = FREE.take();
        try {
            for (int item = 0; item < cOffsets.length; item++) {
                for (int i = 0; i < shape.m(); i += ROWS) {
                    for (int j = 0; j < shape.n(); j += COLUMNS) {
                        long aAt = aOffset + aOffsets[item] + i * shape.aRow();
                        long bAt = bOffset + bOffsets[item] + j * shape.bColumn();
                        long cAt = cOffset + cOffsets[item] + i * shape.cRow() + j * shape.cColumn();
                        int m = Math.min(ROWS, shape.m() - i);
                        int n = Math.min(COLUMNS, shape.n() - j);
                        block(pool, scratch, a, aAt, b, bAt, m, n);
                        round(scratch.c(), c, cAt, m, n);
                    }
                }
            }
        } finally {
            FREE.give(scratch);
        }
    }

    private void block(Pool pool, Scratch scratch, MemorySegment a, long aAt, MemorySegment b, long bAt, int m, int n) {
        scratch.c().fill((byte) 0);
        int edge = (m < ROWS ? 1 : 0) + (n < COLUMNS ? 2 : 0);
        for (int k = 0; k < shape.k(); k += DEPTH) {
            int depth = Math.min(DEPTH, shape.k() - k);
            long aFirst = aAt + k * shape.aColumn();
            long bFirst = bAt + k * shape.bRow();
            widen(a, aFirst, shape.aRow(), shape.aColumn(), scratch.a(), DEPTH, m, depth);
            widen(b, bFirst, shape.bRow(), shape.bColumn(), scratch.b(), COLUMNS, depth, n);
            FloatingGemm product = blocks[edge + (depth < DEPTH ? 4 : 0)];
            product.run(pool, true, scratch.a(), 0, scratch.b(), 0, scratch.c(), 0);
        }
    }

    private void widen(
            MemorySegment from, long first, long row, long column, MemorySegment to, int width, int rows, int columns) {
        boolean brain = shape.dtype() == DType.BF16;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                short bits = from.get(SHORT, (first + i * row + j * column) * Short.BYTES);
                float value = brain ? DType.fromBf16(bits) : Float.float16ToFloat(bits);
                to.setAtIndex(ValueLayout.JAVA_FLOAT, (long) i * width + j, value);
            }
        }
    }

    private void round(MemorySegment from, MemorySegment to, long first, int rows, int columns) {
        boolean brain = shape.dtype() == DType.BF16;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                float value = from.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * COLUMNS + j);
                short bits = brain ? DType.toBf16(value) : Float.floatToFloat16(value);
                to.set(SHORT, (first + i * shape.cRow() + j * shape.cColumn()) * Short.BYTES, bits);
            }
        }
    }
}
