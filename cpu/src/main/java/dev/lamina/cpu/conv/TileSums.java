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
    public int unit() {
        return UNIT;
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
        return RoundCode.step(fromRow, toRow, left, count, right);
    }

    @Override
    public Step pack(int columns, int terms, long fromTerm, long fromColumn) {
        return Bf16Packing.step(DType.F32, true, columns, terms, fromColumn, fromTerm);
    }

    @Override
    public Step sum(int columns, Tables tables) {
        return call(tables.rows(), columns)
                .put(WindowCode.A_ROW, tables.aRow())
                .put(WindowCode.C_ROW, tables.cRow())
                .put(WindowCode.K, Math.ceilDiv(tables.terms(), UNIT))
                .put(WindowCode.SEGMENTS, tables.segments().begin())
                .put(WindowCode.SEGMENTS_END, tables.segments().end())
                .put(WindowCode.TILES, tables.tiles().begin())
                .put(WindowCode.TILES_END, tables.tiles().end());
    }

    /** The code for sums, without what it goes through. */
    Call call(int rows, int columns) {
        int wide = Math.ceilDiv(columns, 16);
        String name = "window-amx-" + wide;
        Entry entry = Library.entry(name, name, () -> WindowTiles.write(wide));
        Call call = new Call(entry, WindowTiles.BYTES, false);
        long[] words = Bf16Table.configuration(rows, columns);
        for (int i = 0; i < words.length; i++) {
            call.put(WindowTiles.CONFIGURATION + i * Long.BYTES, words[i]);
        }
        return call;
    }
}
