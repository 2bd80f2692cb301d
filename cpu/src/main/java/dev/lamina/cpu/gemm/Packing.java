package dev.lamina.cpu.gemm;

import java.util.ArrayList;
import java.util.List;

/**
 * Steps that pack blocks, one call of {@link PackCode} for each region of a block: whole vectors, and what is left over.
 *
 * @param lanes the element type and the vectors
 */
record Packing(Lanes lanes) {
    /** Bytes from row to row of a block of A whose rows were copied: apart from multiples of a page, so that rows do not compete. */
    long rowBytes(int k) {
        return Math.ceilDiv((long) k * lanes.elementBytes(), 64) * 64 + 64;
    }

    /** Copies rows of A. */
    Step rows(int rows, int k, long fromRow) {
        int used = k % lanes.count();
        return copy(false, k / lanes.count() > 0, used > 0)
                .put(PackCode.GROUPS, 1)
                .put(PackCode.ROWS, rows)
                .put(PackCode.FROM_ROW, fromRow)
                .put(PackCode.TO_ROW, rowBytes(k))
                .put(PackCode.VECTORS, k / lanes.count())
                .mask(PackCode.MASK, PackCode.LANES, lanes, used);
    }

    /** Copies A, whose columns lie side by side, to tiles: k by k the rows of the tile. */
    Step tiles(int rows, int tileRows, int k, long fromK) {
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
    Step panels(int columns, int vectors, int k, long fromK, long fromColumn) {
        int panels = columns / (vectors * lanes.count());
        int rest = columns % (vectors * lanes.count());
        List<Part> parts = new ArrayList<>();
        if (panels > 0) {
            panel(parts, panels, vectors * lanes.count(), vectors, k, fromK, fromColumn, 0);
        }
        if (rest > 0) {
            panel(parts, 1, rest, vectors, k, fromK, fromColumn, panels);
        }
        return new Sequence(parts);
    }

    private void panel(
            List<Part> parts, int panels, int columns, int vectors, int k, long fromK, long fromColumn, int before) {
        int whole = columns / lanes.count();
        int unit = PackCode.unit(lanes);
        int turned = fromK == lanes.elementBytes() && whole > 0 ? k / unit * unit : 0;
        long to = (long) vectors * lanes.bytes();
        long from = (long) before * vectors * lanes.count() * fromColumn;
        Block block = new Block(panels, vectors, fromK, fromColumn, k);
        if (turned > 0) {
            parts.add(new Part(turn(block, whole, turned), from, before * to * k));
            if (columns % lanes.count() > 0) {
                long behind = (long) whole * lanes.count() * fromColumn;
                Step cut = gather(block, columns % lanes.count(), turned);
                parts.add(new Part(cut, from + behind, before * to * k + (long) whole * lanes.bytes()));
            }
        }
        if (turned < k) {
            Step below = gather(block, columns, k - turned);
            parts.add(new Part(below, from + turned * fromK, before * to * k + turned * to));
        }
    }

    /** Panels of B. */
    private record Block(int panels, int vectors, long fromK, long fromColumn, int k) {}

    private Step turn(Block block, int whole, int k) {
        PackCode.Transpose key = new PackCode.Transpose(lanes);
        int units = k / PackCode.unit(lanes);
        Call call =
                new Call(Library.entry("transpose-" + lanes, key, () -> PackCode.write(key)), PackCode.BYTES, false);
        return groups(call, block)
                .put(PackCode.ROWS, whole)
                .put(PackCode.FROM_ROW, lanes.count() * block.fromColumn())
                .put(PackCode.TO_ROW, lanes.bytes())
                .put(PackCode.FROM_ELEMENT, block.fromColumn())
                .put(PackCode.UNITS, units / PackCode.chunks(lanes))
                .put(PackCode.SINGLES, units % PackCode.chunks(lanes))
                .put(PackCode.TO_K, (long) block.vectors() * lanes.bytes());
    }

    private Step gather(Block block, int columns, int k) {
        int used = columns % lanes.count();
        return groups(copy(true, columns >= lanes.count(), used > 0), block)
                .put(PackCode.ROWS, k)
                .put(PackCode.FROM_ROW, block.fromK())
                .put(PackCode.TO_ROW, (long) block.vectors() * lanes.bytes())
                .put(PackCode.FROM_ELEMENT, block.fromColumn())
                .put(PackCode.VECTORS, columns / lanes.count())
                .mask(PackCode.MASK, PackCode.LANES, lanes, used);
    }

    private Call groups(Call call, Block block) {
        return call.put(PackCode.GROUPS, block.panels())
                .put(PackCode.FROM_GROUP, (long) block.vectors() * lanes.count() * block.fromColumn())
                .put(PackCode.TO_GROUP, (long) block.vectors() * lanes.bytes() * block.k());
    }

    private Call copy(boolean gathers, boolean vectors, boolean masked) {
        PackCode.Rows key = new PackCode.Rows(lanes, gathers, vectors, masked);
        return new Call(Library.entry("pack-" + key, key, () -> PackCode.write(key)), PackCode.BYTES, false);
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
