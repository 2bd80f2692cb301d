package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Call;
import dev.lamina.cpu.gemm.Lanes;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.gemm.Packing;
import dev.lamina.cpu.gemm.Step;

/** Sums in f32 on vectors, of f32 factors that may be rounded before. */
final class FloatSums implements Sums {
    private static final int MOST_VECTORS = 2;

    private final Lanes lanes;
    private final Packing packing;
    private final int vectors;
    private final DType rounded;

    /**
     * @param columns columns of a group
     * @param rounded what the factors are rounded to
     */
    FloatSums(int columns, DType rounded, Isa isa) {
        lanes = new Lanes(isa.vectorBits(), Float.BYTES);
        packing = new Packing(lanes);
        vectors = Math.min(MOST_VECTORS, Math.ceilDiv(columns, lanes.count()));
        this.rounded = rounded;
    }

    @Override
    public int elementBytes() {
        return Float.BYTES;
    }

    @Override
    public boolean converts() {
        return rounded != DType.F32;
    }

    @Override
    public int unit() {
        return 1;
    }

    @Override
    public int columns() {
        return vectors * lanes.count();
    }

    @Override
    public int mostRows() {
        return Math.min(WindowCode.MOST_ROWS, WindowCode.mostRows(lanes, vectors));
    }

    @Override
    public int groups(int rows, int all) {
        return Math.min(all, WindowCode.mostGroups(lanes, vectors, rows, false));
    }

    @Override
    public long packed(int terms) {
        return (long) terms * vectors * lanes.bytes();
    }

    @Override
    public Step copy(long fromRow, long toRow, long left, int count, long right) {
        return PadCode.step(new PadCode.Key(lanes.bits(), rounded), fromRow, toRow, left, count, right);
    }

    @Override
    public Step pack(int columns, int terms, long fromTerm, long fromColumn) {
        Step pack = fromColumn == Float.BYTES
                ? packing.rowsToPanels(columns, vectors, terms, fromTerm)
                : packing.panels(columns, vectors, terms, fromTerm, fromColumn);
        if (rounded == DType.F32) {
            return pack;
        }
        Step round = copy(0, 0, 0, terms * columns(), 0);
        return (from, nothing, to, scratch) -> {
            pack.run(from, 0, to, scratch);
            round.run(to, 1, to, scratch);
        };
    }

    /** Packs a tap of a panel, whose terms are so many bytes apart. */
    Step packTap(int columns, int terms, long fromTerm, long fromColumn, long toTerm) {
        return packing.panel(columns, vectors, terms, fromTerm, fromColumn, toTerm);
    }

    @Override
    public Step sum(int columns, Tables tables) {
        int used = columns % lanes.count();
        WindowCode.Key key = new WindowCode.Key(
                lanes, tables.groups(), tables.rows(), Math.ceilDiv(columns, lanes.count()), false, used > 0, false);
        String name = "window-" + key;
        Entry entry = Library.entry(name, name, () -> WindowCode.write(key));
        return new Call(entry, WindowCode.BYTES, false)
                .put(WindowCode.A_ROW, tables.aRow())
                .put(WindowCode.A_K, Float.BYTES)
                .put(WindowCode.B_K, packed(1))
                .put(WindowCode.C_ROW, tables.cRow())
                .put(WindowCode.K, tables.terms())
                .put(WindowCode.SEGMENTS, tables.segments().begin())
                .put(WindowCode.SEGMENTS_END, tables.segments().end())
                .put(WindowCode.TILES, tables.tiles().begin())
                .put(WindowCode.TILES_END, tables.tiles().end())
                .mask(WindowCode.MASK, WindowCode.LANES, lanes, used);
    }
}
