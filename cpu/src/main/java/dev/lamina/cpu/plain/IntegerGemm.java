package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Products of integers: a plain loop over 64-bit sums, of which the low bits are stored. */
final class IntegerGemm implements JavaGemm.Engine {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GemmShape shape;
    private final long[] aOffsets;
    private final long[] bOffsets;
    private final long[] cOffsets;
    private final FreeList<Job> jobs = new FreeList<>(Job::new);

    IntegerGemm(GemmShape shape, long[] aOffsets, long[] bOffsets, long[] cOffsets) {
        this.shape = shape;
        this.aOffsets = aOffsets;
        this.bOffsets = bOffsets;
        this.cOffsets = cOffsets;
    }

    @Override
    public void run(
            Pool pool, MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment c, long cOffset) {
        Job job = jobs.take();
        job.a = a;
        job.b = b;
        job.c = c;
        job.aOffset = aOffset;
        job.bOffset = bOffset;
        job.cOffset = cOffset;
        try {
            int rows = Math.multiplyExact(shape.m(), cOffsets.length);
            if (shape.operations() * cOffsets.length < 20_000) {
                for (int i = 0; i < rows; i++) {
                    job.run(i);
                }
            } else {
                pool.run(rows, job);
            }
        } finally {
            job.a = MemorySegment.NULL;
            job.b = MemorySegment.NULL;
            job.c = MemorySegment.NULL;
            jobs.give(job);
        }
    }

    /** One run; a task is a row of C. */
    private final class Job implements Pool.Task {
        private MemorySegment a = MemorySegment.NULL;
        private MemorySegment b = MemorySegment.NULL;
        private MemorySegment c = MemorySegment.NULL;
        private long aOffset;
        private long bOffset;
        private long cOffset;

        @Override
        public void run(int index) {
            int item = index / shape.m();
            int i = index % shape.m();
            long aAt = aOffset + aOffsets[item] + i * shape.aRow();
            long cAt = cOffset + cOffsets[item] + i * shape.cRow();
            for (int j = 0; j < shape.n(); j++) {
                long bAt = bOffset + bOffsets[item] + j * shape.bColumn();
                long sum = 0;
                for (int k = 0; k < shape.k(); k++) {
                    sum += read(a, aAt + k * shape.aColumn()) * read(b, bAt + k * shape.bRow());
                }
                write(cAt + j * shape.cColumn(), sum);
            }
        }

        private long read(MemorySegment from, long index) {
            return switch (shape.dtype()) {
                case I64 -> from.get(LONG, index * Long.BYTES);
                case I32 -> from.get(INT, index * Integer.BYTES);
                case I8 -> from.get(ValueLayout.JAVA_BYTE, index);
                case U8 -> from.get(ValueLayout.JAVA_BYTE, index) & 0xff;
                case F32, F64, BF16, F16, BOOL -> throw unexpected(shape.dtype());
            };
        }

        private void write(long index, long value) {
            switch (shape.dtype()) {
                case I64 -> c.set(LONG, index * Long.BYTES, value);
                case I32 -> c.set(INT, index * Integer.BYTES, (int) value);
                case I8, U8 -> c.set(ValueLayout.JAVA_BYTE, index, (byte) value);
                case F32, F64, BF16, F16, BOOL -> throw unexpected(shape.dtype());
            }
        }
    }

    private static IllegalStateException unexpected(DType dtype) {
        return new IllegalStateException("integer matmul: expected an integer type, got " + dtype);
    }
}
