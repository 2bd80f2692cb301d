package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.Condition;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Gpr;
import dev.lamina.cpu.code.Imm;
import dev.lamina.cpu.code.Label;
import dev.lamina.cpu.code.Mem;
import dev.lamina.cpu.code.Op;

/**
 * The numbers that the code for bf16 products reads: sizes and strides of a step. One piece of code so serves all shapes.
 *
 * <p>Layout of packed blocks: panels of 32 rows of A (columns of B) one after the other; in a panel, for each step of 32 k, two tiles of
 * 1 KB for 16 rows (columns) each. A tile of A has one row per 64 bytes; a tile of B has two rows of B per 64 bytes, their elements
 * alternating, as the tile unit and vdpbf16ps want them. Beyond k there are zeros; beyond the last row or column anything. If elements
 * are split ({@link SplitCode}), each step has the two tiles of the first parts, those of the second and those of the third.
 */
public enum Bf16Table {
    /** {@link Call} keeps its own address here. */
    SELF,
    /** Rows of C. */
    ROWS,
    /** Columns of C. */
    COLUMNS,
    /** Steps of 32 k, the last one begun. */
    STEPS,
    /** Bytes of a panel. */
    PANEL_BYTES,
    /** Bytes from row to row of C. */
    C_ROW,
    /** Bytes from row to row of A. */
    A_ROW,
    /** Bytes from a tile of A to the one below. */
    A_TILE,
    /** Bytes from a tile of A to the next one along k. */
    A_STEP,
    /** Bytes from a panel of A to the next. */
    A_PANEL,
    /** Bytes of the next panel of A that are asked for in each step. */
    AHEAD,
    /** Not 0 if sums go on from C. */
    ACCUMULATE,
    /** Rows of A, or columns of B. */
    COUNT,
    /** Bytes from one of them to the next. */
    STRIDE,
    /** Bytes along k. */
    K_STRIDE,
    /** Elements along k. */
    K,
    /** Tiles in all. */
    TILES,
    /** Not 0 if tiles are of another size in the last rows than in the first ones. */
    RECONFIGURE;

    /** Rows (columns) of a panel. */
    public static final int PANEL = 32;

    /** Steps of k. */
    public static final int K_STEP = 32;

    /** Bytes of a row of a tile. */
    static final int LINE = 64;

    /** Bytes of a tile. */
    static final int TILE = 1024;

    /** Where the tile configurations are. */
    static final int CONFIGURATIONS = 192;

    private static final int BYTES = CONFIGURATIONS + 4 * AmxProduct.CONFIGURATION_BYTES;

    /** The place of this number in a table. */
    Mem of(Gpr table) {
        return Mem.at(table, at());
    }

    /** The order of the constants is the layout. */
    @SuppressWarnings("EnumOrdinal")
    private int at() {
        return ordinal() * Long.BYTES;
    }

    static int steps(int k) {
        return Math.ceilDiv(k, K_STEP);
    }

    static int panels(int count) {
        return Math.ceilDiv(count, PANEL);
    }

    /** Bytes of a packed block. */
    public static long packed(int count, int k) {
        return 2L * TILE * panels(count) * steps(k);
    }

    /**
     * A product.
     *
     * @param aRow bytes from row to row of A in place; 0 if A is packed
     */
    static Call product(Entry code, int rows, int columns, int k, boolean accumulate, long cRow, long aRow) {
        long step = aRow == 0 ? 2 * TILE : LINE;
        long row = aRow == 0 ? LINE : aRow;
        long panel = aRow == 0 ? packed(1, k) : PANEL * aRow;
        // Rows with gaps are not asked for.
        boolean ahead = panel == packed(1, k);
        return product(code, false, packed(1, k), rows, columns, k, accumulate, cRow, PANEL)
                .put(A_ROW.at(), row)
                .put(A_TILE.at(), 16 * row)
                .put(A_STEP.at(), step)
                .put(A_PANEL.at(), panel)
                .put(AHEAD.at(), ahead ? (long) Math.ceilDiv(2 * TILE / LINE, panels(columns)) * LINE : 0);
    }

    /** A product of packed blocks whose elements are split. */
    static Call split(Entry code, int rows, int columns, int k, boolean accumulate, long cRow) {
        return split(code, false, rows, columns, k, accumulate, cRow);
    }

    /**
     * The same with a B that is split meanwhile.
     *
     * @param kStride bytes along k in B
     */
    static Call splitting(Entry code, int rows, int columns, int k, long cRow, long kStride) {
        return split(code, true, rows, columns, k, false, cRow).put(K.at(), k).put(K_STRIDE.at(), kStride);
    }

    private static Call split(
            Entry code, boolean scratch, int rows, int columns, int k, boolean accumulate, long cRow) {
        long panel = SplitCode.PLANES * packed(1, k);
        int piece = scratch ? PANEL : SplitTiles.HALF;
        int pieces = Math.ceilDiv(rows, piece);
        return product(code, scratch, panel, rows, columns, k, accumulate, cRow, piece)
                .put(A_PANEL.at(), panel)
                .put(RECONFIGURE.at(), pieces > 1 && rows % piece > 0 ? 1 : 0)
                .put(AHEAD.at(), (long) Math.ceilDiv(SplitTiles.STEP / LINE, pieces) * LINE);
    }

    private static Call product(
            Entry code,
            boolean scratch,
            long panel,
            int rows,
            int columns,
            int k,
            boolean accumulate,
            long cRow,
            int piece) {
        Call call = new Call(code, BYTES, scratch)
                .put(ROWS.at(), rows)
                .put(COLUMNS.at(), columns)
                .put(STEPS.at(), steps(k))
                .put(PANEL_BYTES.at(), panel)
                .put(C_ROW.at(), cRow)
                .put(ACCUMULATE.at(), accumulate ? 1 : 0);
        for (int i = 0; i < 4; i++) {
            long[] words =
                    AmxProduct.configuration(i >= 2 ? rows % piece : piece, i % 2 == 1 ? columns % PANEL : PANEL);
            for (int w = 0; w < words.length; w++) {
                call.put(CONFIGURATIONS + i * AmxProduct.CONFIGURATION_BYTES + w * Long.BYTES, words[w]);
            }
        }
        return call;
    }

    /** A configuration of tiles for two groups of up to 16 rows each, and up to 32 columns. */
    public static long[] configuration(int rows, int columns) {
        return AmxProduct.configuration(rows, rows, columns);
    }

    static Call packing(Entry code, int planes, int count, int k, long stride, long kStride) {
        return new Call(code, BYTES, false)
                .put(COUNT.at(), count)
                .put(K.at(), k)
                .put(STRIDE.at(), stride)
                .put(K_STRIDE.at(), kStride)
                .put(STEPS.at(), steps(k))
                .put(PANEL_BYTES.at(), planes * packed(1, k))
                .put(TILES.at(), planes * packed(count, k) / TILE);
    }

    static Call finish(Entry code, int rows, int columns, long sumRow, long cRow) {
        return new Call(code, BYTES, false)
                .put(ROWS.at(), rows)
                .put(COLUMNS.at(), columns)
                .put(STRIDE.at(), sumRow)
                .put(C_ROW.at(), cRow);
    }

    /** Lines of {@link Bf16Copy}. */
    static Call copying(Entry code, int lines, int length, long fromLine, long fromElement, long toLine) {
        return new Call(code, BYTES, false)
                .put(COUNT.at(), lines)
                .put(K.at(), length)
                .put(STRIDE.at(), fromLine)
                .put(K_STRIDE.at(), fromElement)
                .put(C_ROW.at(), toLine);
    }

    /** mask = as many low bits as there are elements left, at most 32; spare is overwritten. */
    static void columnMask(Assembler code, Gpr mask, Gpr left, Gpr spare) {
        code.load(mask, -1);
        Label all = code.label();
        code.emit(Op.CMP, left, Imm.of(PANEL));
        code.jump(Condition.GREATER_EQUAL, all);
        code.emit(Op.MOV, spare, left);
        code.emit(Op.BZHI, mask, mask, spare);
        code.bind(all);
    }
}
