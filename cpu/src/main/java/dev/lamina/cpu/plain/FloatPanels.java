package dev.lamina.cpu.plain;

import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** {@link Panels} of floats. */
final class FloatPanels extends Panels {
    /** Free scratch of all threads. */
    static final FreeList<Panels> FREE = new FreeList<>(FloatPanels::new);

    private static final ValueLayout.OfFloat ELEMENT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int WIDE = 1024;
    private static final int NARROW = 256;

    /** With the array header, a row is a multiple of 64 bytes and not of 4096, so that rows do not evict each other. */
    private static final int ROW_EXTRA = 28;

    private static final int BLOCK = GemmPlan.MAX_K_BLOCK;
    private static final int SQUARE = GemmPlan.SQUARE;

    private final float[][] wide = new float[BLOCK][];
    private final float[][] narrow = new float[BLOCK][];
    private final float[][] sums = new float[4][WIDE + ROW_EXTRA];
    private final float[] leftRows = new float[GemmPlan.MAX_ROWS * BLOCK];
    private final float[] rightColumns = new float[SQUARE * BLOCK];
    private final float[] square = new float[SQUARE * SQUARE];
    private float[] turned = new float[0];
    private int wideRows;
    private int narrowRows;

    // Where element (i, k) of left is in leftRows, and element (k, j) of right in rightColumns.
    private int leftRow;
    private int leftStep;
    private int rightColumn;
    private int rightStep;

    private float[][] panel(int width) {
        return width <= NARROW ? narrow : wide;
    }

    @Override
    void prepare(int kCount, int width) {
        if (width <= NARROW) {
            for (; narrowRows < kCount; narrowRows++) {
                narrow[narrowRows] = new float[NARROW + ROW_EXTRA];
            }
        } else {
            for (; wideRows < kCount; wideRows++) {
                wide[wideRows] = new float[WIDE + ROW_EXTRA];
            }
        }
    }

    @Override
    void pack(GemmJob job, int item, Panels panels, int k0, int from, int to, int j0, int width) {
        GemmPlan.Matrix m = job.plan.right();
        long first = job.rightOffset(item) + k0 * m.row() + j0 * m.column();
        float[][] rows = ((FloatPanels) panels).panel(width);
        if (m.column() == 1) {
            for (int k = from; k < to; k++) {
                copyIn(job.right, first + k * m.row(), rows[k], 0, width);
            }
        } else if (m.row() == 1) {
            packTransposed(job.right, first, m.column(), rows, from, to, width);
        } else {
            for (int k = from; k < to; k++) {
                gather(job.right, first + k * m.row(), m.column(), rows[k], 0, width);
            }
        }
    }

    private void packTransposed(
            MemorySegment from, long first, long column, float[][] rows, int k0, int k1, int width) {
        int count = k1 - k0;
        for (int j = 0; j < width; j += SQUARE) {
            int columns = Math.min(SQUARE, width - j);
            for (int i = 0; i < columns; i++) {
                copyIn(from, first + k0 + (j + i) * column, rightColumns, i * BLOCK, count);
            }
            int k = 0;
            for (; k + 4 <= count; k += 4) {
                float[] r0 = rows[k0 + k];
                float[] r1 = rows[k0 + k + 1];
                float[] r2 = rows[k0 + k + 2];
                float[] r3 = rows[k0 + k + 3];
                for (int i = 0, p = k; i < columns; i++, p += BLOCK) {
                    r0[j + i] = rightColumns[p];
                    r1[j + i] = rightColumns[p + 1];
                    r2[j + i] = rightColumns[p + 2];
                    r3[j + i] = rightColumns[p + 3];
                }
            }
            for (; k < count; k++) {
                for (int i = 0; i < columns; i++) {
                    rows[k0 + k][j + i] = rightColumns[i * BLOCK + k];
                }
            }
        }
    }

    @Override
    void multiply(GemmJob job, int item, Panels panels, int i0, int i1, int k0, int kCount, int j0, int width) {
        float[][] b = ((FloatPanels) panels).panel(width);
        GemmPlan.Matrix out = job.plan.out();
        copyLeft(job, item, i0, i1, k0, kCount);
        long first = job.outOffset(item) + i0 * out.row() + j0 * out.column();
        boolean turn = out.column() != 1 && out.row() == 1;
        if (turn) {
            loadTurned(job, first, k0, i1 - i0, width);
        }
        int step = width < GemmPlan.WIDE ? 2 : 4;
        for (int i = 0; i < i1 - i0; i += step) {
            int rows = Math.min(step, i1 - i0 - i);
            for (int r = 0; r < rows; r++) {
                if (turn) {
                    unturn(turned, i + r, sums[r], width);
                } else if (job.continues(k0)) {
                    load(job.out, first + (i + r) * out.row(), out.column(), sums[r], 0, width);
                } else {
                    Arrays.fill(sums[r], 0, width, 0f);
                }
            }
            addRows(b, rows, i * leftRow, kCount, width);
            if (turn) {
                for (int r = 0; r < rows; r += 2) {
                    turn(sums[r], sums[r + 1], turned, i + r, width);
                }
            } else {
                for (int r = 0; r < rows; r++) {
                    store(sums[r], 0, job.out, first + (i + r) * out.row(), out.column(), width);
                }
            }
        }
        if (turn) {
            for (int j = 0; j < width; j++) {
                store(turned, j * GemmPlan.MAX_ROWS, job.out, first + j * out.column(), 1, i1 - i0);
            }
        }
    }

    /** Where columns of out are contiguous, rows of sums go through {@link #turned}, which holds them as columns. */
    private void loadTurned(GemmJob job, long first, int k0, int rows, int width) {
        int size = GemmPlan.MAX_ROWS * width;
        if (turned.length < size) {
            turned = new float[GemmPlan.MAX_ROWS * WIDE];
        }
        if (!job.continues(k0)) {
            Arrays.fill(turned, 0, size, 0f);
            return;
        }
        for (int j = 0; j < width; j++) {
            copyIn(job.out, first + j * job.plan.out().column(), turned, j * GemmPlan.MAX_ROWS, rows);
        }
    }

    private static void unturn(float[] turned, int row, float[] to, int width) {
        for (int j = 0; j < width; j++) {
            to[j] = turned[j * GemmPlan.MAX_ROWS + row];
        }
    }

    private static void turn(float[] first, float[] second, float[] turned, int row, int width) {
        for (int j = 0, p = row; j < width; j++, p += GemmPlan.MAX_ROWS) {
            turned[p] = first[j];
            turned[p + 1] = second[j];
        }
    }

    private void addRows(float[][] b, int rows, int at, int kCount, int width) {
        int k = 0;
        for (; k + 4 <= kCount; k += 4) {
            int p = at + k * leftStep;
            if (width < GemmPlan.WIDE) {
                // A single row is done twice; the second result is not stored.
                FloatKernels.add2x4(sums, b, k, leftRows, p, rows == 2 ? leftRow : 0, leftStep, width);
            } else if (rows == 4) {
                FloatKernels.add4x4(sums, b, k, leftRows, p, leftRow, leftStep, width);
            } else {
                for (int r = 0; r < rows; r++) {
                    FloatKernels.add1x4(sums[r], b, k, leftRows, p + r * leftRow, leftStep, width);
                }
            }
        }
        for (; k < kCount; k++) {
            for (int r = 0; r < rows; r++) {
                FloatKernels.add1x1(sums[r], b[k], leftRows[at + r * leftRow + k * leftStep], width);
            }
        }
    }

    /** Copies a block of left in the order that it has in memory. */
    private void copyLeft(GemmJob job, int item, int i0, int i1, int k0, int kCount) {
        GemmPlan.Matrix m = job.plan.left();
        long first = job.leftOffset(item) + i0 * m.row() + k0 * m.column();
        boolean byColumn = m.row() == 1 && m.column() != 1;
        if (byColumn) {
            leftRow = 1;
            leftStep = copyLines(job.left, first, m.column(), kCount, i1 - i0, leftRows, GemmPlan.MAX_ROWS);
        } else if (m.column() == 1) {
            leftStep = 1;
            leftRow = copyLines(job.left, first, m.row(), i1 - i0, kCount, leftRows, BLOCK);
        } else {
            leftStep = 1;
            leftRow = BLOCK;
            for (int i = 0; i < i1 - i0; i++) {
                gather(job.left, first + i * m.row(), m.column(), leftRows, i * BLOCK, kCount);
            }
        }
    }

    private void copyRight(GemmJob job, int item, int k0, int kCount, int j0, int columns) {
        GemmPlan.Matrix m = job.plan.right();
        long first = job.rightOffset(item) + k0 * m.row() + j0 * m.column();
        boolean byRow = m.column() == 1 && m.row() != 1;
        if (byRow) {
            rightColumn = 1;
            rightStep = copyLines(job.right, first, m.row(), kCount, columns, rightColumns, SQUARE);
        } else if (m.row() == 1) {
            rightStep = 1;
            rightColumn = copyLines(job.right, first, m.column(), columns, kCount, rightColumns, BLOCK);
        } else {
            rightStep = 1;
            rightColumn = BLOCK;
            for (int j = 0; j < columns; j++) {
                gather(job.right, first + j * m.column(), m.row(), rightColumns, j * BLOCK, kCount);
            }
        }
    }

    /**
     * Copies contiguous lines; where they lie close to each other, in one go with what is between them.
     *
     * @param step distance of the lines in memory
     * @param most distance of the lines in the scratch at most
     * @return distance of the lines in the scratch
     */
    private static int copyLines(
            MemorySegment from, long first, long step, int lines, int length, float[] to, int most) {
        if (lines > 0 && step >= length && step <= most) {
            copyIn(from, first, to, 0, (lines - 1) * (int) step + length);
            return (int) step;
        }
        for (int i = 0; i < lines; i++) {
            copyIn(from, first + i * step, to, i * most, length);
        }
        return most;
    }

    @Override
    void tiles(GemmJob job, int item, int i0, int i1) {
        for (int i = i0; i < i1; i += SQUARE) {
            for (int j = 0; j < job.plan.columns(); j += SQUARE) {
                squareAt(job, item, i, Math.min(SQUARE, i1 - i), j, Math.min(SQUARE, job.plan.columns() - j));
            }
        }
    }

    /** Rows and columns beyond the edge are computed from whatever is in the scratch, and not stored. */
    private void squareAt(GemmJob job, int item, int i0, int rows, int j0, int columns) {
        GemmPlan.Matrix out = job.plan.out();
        long first = job.outOffset(item) + i0 * out.row() + j0 * out.column();
        Arrays.fill(square, 0f);
        for (int i = 0; job.continues(0) && i < rows; i++) {
            load(job.out, first + i * out.row(), out.column(), square, i * SQUARE, columns);
        }
        for (int k0 = 0; k0 < job.plan.k(); k0 += job.plan.kBlock()) {
            int kCount = Math.min(job.plan.kBlock(), job.plan.k() - k0);
            copyLeft(job, item, i0, i0 + rows, k0, kCount);
            copyRight(job, item, k0, kCount, j0, columns);
            for (int i = 0; i < rows; i += 4) {
                for (int j = 0; j < columns; j += 2) {
                    int at = i * leftRow;
                    int bt = j * rightColumn;
                    int ct = i * SQUARE + j;
                    FloatKernels.tile4x2(
                            leftRows,
                            at,
                            leftRow,
                            leftStep,
                            rightColumns,
                            bt,
                            rightColumn,
                            rightStep,
                            kCount,
                            square,
                            ct);
                }
            }
        }
        for (int i = 0; i < rows; i++) {
            store(square, i * SQUARE, job.out, first + i * out.row(), out.column(), columns);
        }
    }

    private static void load(MemorySegment from, long first, long step, float[] to, int at, int count) {
        if (step == 1) {
            copyIn(from, first, to, at, count);
        } else {
            gather(from, first, step, to, at, count);
        }
    }

    private static void copyIn(MemorySegment from, long first, float[] to, int at, int count) {
        MemorySegment.copy(from, ELEMENT, first * ELEMENT.byteSize(), to, at, count);
    }

    private static void gather(MemorySegment from, long first, long step, float[] to, int at, int count) {
        for (int i = 0; i < count; i++) {
            to[at + i] = from.get(ELEMENT, (first + i * step) * ELEMENT.byteSize());
        }
    }

    private static void store(float[] from, int at, MemorySegment to, long first, long step, int count) {
        if (step == 1) {
            MemorySegment.copy(from, at, to, ELEMENT, first * ELEMENT.byteSize(), count);
        } else {
            for (int i = 0; i < count; i++) {
                to.set(ELEMENT, (first + i * step) * ELEMENT.byteSize(), from[at + i]);
            }
        }
    }
}
