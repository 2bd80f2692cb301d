package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.gemm.Bf16Packing;
import dev.lamina.cpu.gemm.Bf16Table;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Step;

/** Sums of factors rounded to bf16 on the tile unit; the source is converted while it is copied. */
final class TileSums implements Sums {
    /** Terms of a segment are a multiple of it. */
    static final int UNIT = Bf16Table.K_STEP;

    @Override
    public int elementBytes() {
        return Short.BYTES;
    }

    @Override
    public boolean converts() {
        return true;
    }

    @Override
    public int columns() {
        return Bf16Table.PANEL;
    }

    @Override
    public int mostRows() {
        return WindowTiles.MOST_ROWS;
    }

    @Override
    public int groups(int rows, int all) {
        return WindowTiles.GROUPS;
    }

    @Override
    public long packed(int terms) {
        return Bf16Table.packed(1, terms);
    }

    @Override
    public Step copy(long fromRow, long toRow, long left, int count, long right) {
        PadCode.Key key = new PadCode.Key(512, DType.F32, DType.BF16, DType.BF16);
        String name = "pad-" + key;
        return new Call(Library.entry(name, name, () -> PadCode.write(key)), PadCode.BYTES, false)
                .put(PadCode.FROM_ROW, fromRow)
                .put(PadCode.TO_ROW, toRow)
                .put(PadCode.LEFT, left)
                .put(PadCode.COUNT, count)
                .put(PadCode.RIGHT, right);
    }

    @Override
    public Step pack(int columns, int terms, long fromTerm, long fromColumn) {
        return Bf16Packing.step(DType.F32, true, columns, terms, fromColumn, fromTerm);
    }

    @Override
    public Step sum(int columns, Tables tables) {
        int wide = Math.ceilDiv(columns, 16);
        String name = "window-amx-" + wide;
        Entry entry = Library.entry(name, name, () -> WindowTiles.write(wide));
        Call call = new Call(entry, WindowTiles.BYTES, false)
                .put(WindowCode.A_ROW, tables.aRow())
                .put(WindowCode.C_ROW, tables.cRow())
                .put(WindowCode.K, tables.terms() / UNIT)
                .put(WindowCode.SEGMENTS, tables.segments().begin())
                .put(WindowCode.SEGMENTS_END, tables.segments().end())
                .put(WindowCode.TILES, tables.tiles().begin())
                .put(WindowCode.TILES_END, tables.tiles().end());
        long[] words = Bf16Table.configuration(tables.rows(), columns);
        for (int i = 0; i < words.length; i++) {
            call.put(WindowTiles.CONFIGURATION + i * Long.BYTES, words[i]);
        }
        return call;
    }
}
