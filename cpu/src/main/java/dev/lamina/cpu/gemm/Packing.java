package dev.lamina.cpu.gemm;

import java.util.ArrayList;
import java.util.List;

/**
 * Steps that pack blocks, one call of {@link PackCode} for each region of a block: whole vectors, and what is left over.
 *
 * @param lanes the element type and the vectors
 */
public record Packing(Lanes lanes) {
    /** Bytes of A in tiles, with room for vectors that are written beyond the end. */
    long tileBytes(int rows, int tileRows, int k) {
        long bytes = (long) Math.ceilDiv(rows, tileRows) * tileRows * k * lanes.elementBytes();
        return Math.ceilDiv(bytes, 64) * 64 + 64;
    }

    /** Copies A with any strides to tiles: k by k the rows of the tile. */
    Step tiles(int rows, int tileRows, int k, long fromRow, long fromK) {
        if (fromRow == lanes.elementBytes()) {
            return straightTiles(rows, tileRows, k, fromK);
        }
        long row = (long) lanes.elementBytes() * tileRows;
        int unit = PackCode.unit(lanes);
        int vectors = Math.ceilDiv(tileRows, lanes.count());
        int turned = fromK == lanes.elementBytes() ? k / unit * unit : 0;
        // A tile is read in whole vectors of rows, so the last ones may not be turned.
        int whole = turned == 0 || rows < vectors * lanes.count() ? 0 : (rows - vectors * lanes.count()) / tileRows + 1;
        List<Part> parts = new ArrayList<>();
        if (whole > 0) {
            // The last vector first, as it is written beyond the row.
            int last = vectors - 1;
            Step turn = turn(turned)
                    .put(PackCode.GROUPS, whole)
                    .put(PackCode.FROM_GROUP, tileRows * fromRow)
                    .put(PackCode.TO_GROUP, row * k)
                    .put(PackCode.ROWS, vectors)
                    .put(PackCode.FROM_ROW, -lanes.count() * fromRow)
                    .put(PackCode.TO_ROW, -lanes.bytes())
                    .put(PackCode.FROM_ELEMENT, fromRow)
                    .put(PackCode.TO_K, row);
            parts.add(new Part(turn, (long) last * lanes.count() * fromRow, (long) last * lanes.bytes()));
        }
        if (turned < k) {
            gatherTiles(parts, new Tiles(0, whole, tileRows, k, turned, fromRow, fromK));
        }
        int full = rows / tileRows;
        if (whole < full) {
            gatherTiles(parts, new Tiles(whole, full - whole, tileRows, k, 0, fromRow, fromK));
        }
        if (rows % tileRows > 0) {
            gatherTiles(parts, new Tiles(full, 1, tileRows, k, 0, fromRow, fromK).cut(rows % tileRows));
        }
        return new Sequence(parts);
    }

    /** Tiles from the first on, from k on. */
    private record Tiles(int first, int count, int tileRows, int width, int k, int start, long fromRow, long fromK) {
        Tiles(int first, int count, int tileRows, int k, int start, long fromRow, long fromK) {
            this(first, count, tileRows, tileRows, k, start, fromRow, fromK);
        }

        Tiles cut(int rows) {
            return new Tiles(first, count, tileRows, rows, k, start, fromRow, fromK);
        }
    }

    private void gatherTiles(List<Part> parts, Tiles tiles) {
        if (tiles.count() == 0) {
            return;
        }
        int used = tiles.width() % lanes.count();
        long row = (long) lanes.elementBytes() * tiles.tileRows();
        // Exact, as what is behind a tile or below its other k has been written before.
        Step gather = copy(true, tiles.width() >= lanes.count(), used > 0, true)
                .put(PackCode.GROUPS, tiles.count())
                .put(PackCode.FROM_GROUP, tiles.tileRows() * tiles.fromRow())
                .put(PackCode.TO_GROUP, row * tiles.k())
                .put(PackCode.ROWS, tiles.k() - tiles.start())
                .put(PackCode.FROM_ROW, tiles.fromK())
                .put(PackCode.TO_ROW, row)
                .put(PackCode.FROM_ELEMENT, tiles.fromRow())
                .put(PackCode.VECTORS, tiles.width() / lanes.count())
                .mask(PackCode.MASK, PackCode.LANES, lanes, used);
        parts.add(new Part(
                gather,
                (long) tiles.first() * tiles.tileRows() * tiles.fromRow() + tiles.start() * tiles.fromK(),
                tiles.first() * row * tiles.k() + tiles.start() * row));
    }

    /** Copies A, whose columns lie side by side, to tiles: k by k the rows of the tile. */
    private Step straightTiles(int rows, int tileRows, int k, long fromK) {
        int tiles = rows / tileRows;
        List<Part> parts = new ArrayList<>();
        long row = (long) lanes.elementBytes() * tileRows;
        parts.add(new Part(tile(tiles, tileRows, k, fromK, row), 0, 0));
        if (rows % tileRows > 0) {
            parts.add(new Part(tile(1, rows % tileRows, k, fromK, row), tiles * row, tiles * row * k));
        }
        return new Sequence(parts);
    }

    private Step tile(int tiles, int width, int k, long fromK, long row) {
        int used = width % lanes.count();
        return copy(false, width / lanes.count() > 0, used > 0)
                .put(PackCode.GROUPS, tiles)
                .put(PackCode.FROM_GROUP, row)
                .put(PackCode.TO_GROUP, row * k)
                .put(PackCode.ROWS, k)
                .put(PackCode.FROM_ROW, fromK)
                .put(PackCode.TO_ROW, row)
                .put(PackCode.VECTORS, width / lanes.count())
                .mask(PackCode.MASK, PackCode.LANES, lanes, used);
    }

    /** Bytes of B in panels. */
    long panelBytes(int columns, int vectors, int k) {
        return (long) Math.ceilDiv(columns, vectors * lanes.count()) * vectors * lanes.bytes() * k;
    }

    /** Copies B with any strides to panels: k by k the columns of the panel. */
    public Step panels(int columns, int vectors, int k, long fromK, long fromColumn) {
        int panels = columns / (vectors * lanes.count());
        int rest = columns % (vectors * lanes.count());
        long to = (long) vectors * lanes.bytes();
        List<Part> parts = new ArrayList<>();
        if (panels > 0) {
            panel(parts, new Block(panels, vectors, fromK, fromColumn, k, to), vectors * lanes.count(), 0);
        }
        if (rest > 0) {
            panel(parts, new Block(1, vectors, fromK, fromColumn, k, to), rest, panels);
        }
        return new Sequence(parts);
    }

    /** Copies B, whose columns lie side by side, to panels: a row through all panels, then the next, as rows are pages apart. */
    public Step rowsToPanels(int columns, int vectors, int k, long fromK) {
        int panels = columns / (vectors * lanes.count());
        int rest = columns % (vectors * lanes.count());
        long panel = (long) vectors * lanes.bytes();
        List<Part> parts = new ArrayList<>();
        if (panels > 0) {
            Step whole = copy(false, true, false)
                    .put(PackCode.GROUPS, k)
                    .put(PackCode.FROM_GROUP, fromK)
                    .put(PackCode.TO_GROUP, panel)
                    .put(PackCode.ROWS, panels)
                    .put(PackCode.FROM_ROW, panel)
                    .put(PackCode.TO_ROW, panel * k)
                    .put(PackCode.VECTORS, vectors);
            parts.add(new Part(whole, 0, 0));
        }
        if (rest > 0) {
            parts.add(new Part(rows(rest, k, fromK, panel), panels * panel, panels * panel * k));
        }
        return new Sequence(parts);
    }

    private Step rows(int columns, int k, long fromK, long toK) {
        int used = columns % lanes.count();
        return copy(false, columns >= lanes.count(), used > 0)
                .put(PackCode.GROUPS, 1)
                .put(PackCode.ROWS, k)
                .put(PackCode.FROM_ROW, fromK)
                .put(PackCode.TO_ROW, toK)
                .put(PackCode.VECTORS, columns / lanes.count())
                .mask(PackCode.MASK, PackCode.LANES, lanes, used);
    }

    /** Copies columns of B to one panel whose k are so many bytes apart, so that something else has room between them. */
    public Step panel(int columns, int vectors, int k, long fromK, long fromColumn, long toK) {
        if (fromColumn == lanes.elementBytes()) {
            return rows(columns, k, fromK, toK);
        }
        List<Part> parts = new ArrayList<>();
        panel(parts, new Block(1, vectors, fromK, fromColumn, k, toK), columns, 0);
        return new Sequence(parts);
    }

    private void panel(List<Part> parts, Block block, int columns, int before) {
        int whole = columns / lanes.count();
        int unit = PackCode.unit(lanes);
        int k = block.k();
        int turned = block.fromK() == lanes.elementBytes() && whole > 0 ? k / unit * unit : 0;
        long from = (long) before * block.vectors() * lanes.count() * block.fromColumn();
        long to = before * block.bytes(lanes);
        if (turned > 0) {
            parts.add(new Part(turn(block, whole, turned), from, to));
            if (columns % lanes.count() > 0) {
                long behind = (long) whole * lanes.count() * block.fromColumn();
                Step cut = gather(block, columns % lanes.count(), turned);
                parts.add(new Part(cut, from + behind, to + (long) whole * lanes.bytes()));
            }
        }
        if (turned < k) {
            Step below = gather(block, columns, k - turned);
            parts.add(new Part(below, from + turned * block.fromK(), to + turned * block.toK()));
        }
    }

    /** Panels of B. */
    private record Block(int panels, int vectors, long fromK, long fromColumn, int k, long toK) {
        /** Bytes of a panel. */
        long bytes(Lanes lanes) {
            return (long) vectors * lanes.bytes() * k;
        }
    }

    private Step turn(Block block, int whole, int k) {
        return groups(turn(k), block)
                .put(PackCode.ROWS, whole)
                .put(PackCode.FROM_ROW, lanes.count() * block.fromColumn())
                .put(PackCode.TO_ROW, lanes.bytes())
                .put(PackCode.FROM_ELEMENT, block.fromColumn())
                .put(PackCode.TO_K, block.toK());
    }

    private Call turn(int k) {
        PackCode.Transpose key = new PackCode.Transpose(lanes);
        int units = k / PackCode.unit(lanes);
        String name = "transpose-" + lanes;
        Call call = new Call(Library.entry(name, name, () -> PackCode.write(key)), PackCode.BYTES, false);
        return call.put(PackCode.UNITS, units / PackCode.chunks(lanes))
                .put(PackCode.SINGLES, units % PackCode.chunks(lanes));
    }

    private Step gather(Block block, int columns, int k) {
        int used = columns % lanes.count();
        return groups(copy(true, columns >= lanes.count(), used > 0), block)
                .put(PackCode.ROWS, k)
                .put(PackCode.FROM_ROW, block.fromK())
                .put(PackCode.TO_ROW, block.toK())
                .put(PackCode.FROM_ELEMENT, block.fromColumn())
                .put(PackCode.VECTORS, columns / lanes.count())
                .mask(PackCode.MASK, PackCode.LANES, lanes, used);
    }

    private Call groups(Call call, Block block) {
        return call.put(PackCode.GROUPS, block.panels())
                .put(PackCode.FROM_GROUP, (long) block.vectors() * lanes.count() * block.fromColumn())
                .put(PackCode.TO_GROUP, block.bytes(lanes));
    }

    private Call copy(boolean gathers, boolean vectors, boolean masked) {
        return copy(gathers, vectors, masked, false);
    }

    private Call copy(boolean gathers, boolean vectors, boolean masked, boolean exact) {
        PackCode.Rows key = new PackCode.Rows(lanes, gathers, vectors, masked, exact);
        String name = "pack-" + key;
        return new Call(Library.entry(name, name, () -> PackCode.write(key)), PackCode.BYTES, false);
    }

    /** A step on a part of a block, at distances in bytes. */
    private record Part(Step step, long from, long to) {}

    /** Parts one after the other. */
    private record Sequence(Part[] parts) implements Step {
        Sequence(List<Part> parts) {
            this(parts.toArray(Part[]::new));
        }

        @Override
        public void run(long a, long b, long c, long scratch) {
            for (Part part : parts) {
                part.step().run(a + part.from(), b, c + part.to(), scratch);
            }
        }
    }
}
