package dev.lamina.cpu.plain;

import java.util.stream.IntStream;

/** The tiles along the kept axes of a space, or along the reduced ones, in row-major order. */
final class TileGrid {
    private final int[] axes;
    private final int[] tiles;
    private final int[] sizes;
    private final int[] extents;
    private final int count;

    TileGrid(LoopSpace space, boolean reduced) {
        axes = IntStream.range(0, space.rank())
                .filter(axis -> space.isReduced(axis) == reduced && space.isMoving(axis))
                .toArray();
        tiles = IntStream.of(axes).map(space::tiles).toArray();
        sizes = IntStream.of(axes).map(space::tile).toArray();
        extents = IntStream.of(axes).map(space::extent).toArray();
        int product = 1;
        for (int i = 0; i < space.rank(); i++) {
            product = space.isReduced(i) == reduced ? Math.multiplyExact(product, space.tiles(i)) : product;
        }
        count = product;
    }

    /** Number of tiles; 0 if an axis is empty. */
    int count() {
        return count;
    }

    /** Moves the workspace to a tile. */
    void place(int index, Workspace w) {
        int rest = index;
        for (int i = axes.length - 1; i >= 0; i--) {
            int outer = rest / tiles[i];
            int first = (rest - outer * tiles[i]) * sizes[i];
            w.start[axes[i]] = first;
            w.extent[axes[i]] = Math.min(sizes[i], extents[i] - first);
            rest = outer;
        }
    }
}
