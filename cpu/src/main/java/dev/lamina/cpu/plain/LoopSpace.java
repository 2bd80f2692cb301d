package dev.lamina.cpu.plain;

import java.util.ArrayList;
import java.util.List;

/**
 * The index space of a loop as a kernel walks it: axes that all accesses see as one are joined, the order is chosen so that
 * most accesses are contiguous, and each axis is cut into tiles. A tile is a dense block of registers in this order of axes.
 *
 * <p>With reduced axes there are two layouts. <em>Rows</em>: kept axes, then reduced ones; the elements of a row are neighbours.
 * <em>Columns</em>: kept axes but the last, then reduced ones, then the last kept one; the elements of one reduced index are
 * neighbours.
 */
final class LoopSpace {
    /** Elements of a tile, if the rows are not longer. */
    static final int TILE = 1024;

    /** Largest tile where whole rows must fit. */
    private static final int LARGEST = 16384;

    /** Edge of a tile along the last axis where some access is contiguous along another one. */
    private static final int EDGE = 64;

    private record Axis(int extent, boolean reduced, int source) {}

    private final List<Axis> axes = new ArrayList<>();
    private boolean columns;
    private int[] tile = {};

    /**
     * @param dims extents
     * @param reduced number of trailing axes that are reduced
     * @param all strides of all accesses
     * @param full strides of the accesses with one element per index of the space
     * @param wholeRows whether a tile must hold all reduced indices
     */
    LoopSpace(int[] dims, int reduced, List<long[]> all, List<long[]> full, boolean wholeRows) {
        for (int d = 0; d < dims.length; d++) {
            if (dims[d] != 1) {
                append(new Axis(dims[d], d >= dims.length - reduced, d), all);
            }
        }
        chooseLayout(full);
        boolean blocked = axes.stream().noneMatch(Axis::reduced) && block(full);
        tile = new int[axes.size()];
        cut(wholeRows, blocked);
    }

    /** Adds an axis, or joins it to the last one if no access sees a border between them. */
    private void append(Axis axis, List<long[]> all) {
        if (!axes.isEmpty()) {
            Axis last = axes.getLast();
            long extent = (long) last.extent * axis.extent;
            boolean joined = last.reduced == axis.reduced && extent <= Integer.MAX_VALUE;
            for (long[] strides : all) {
                joined &= strides[last.source] == strides[axis.source] * axis.extent;
            }
            if (joined) {
                axes.set(axes.size() - 1, new Axis((int) extent, axis.reduced, axis.source));
                return;
            }
        }
        axes.add(axis);
    }

    private void chooseLayout(List<long[]> full) {
        int lastKept = last(false);
        int lastReduced = last(true);
        if (lastKept < 0 || lastReduced < 0) {
            return;
        }
        int alongRows = 0;
        int alongColumns = 0;
        for (long[] strides : full) {
            alongRows += Math.abs(strides[axes.get(lastReduced).source]) <= 1 ? 1 : 0;
            alongColumns += Math.abs(strides[axes.get(lastKept).source]) <= 1 ? 1 : 0;
        }
        columns = alongColumns > alongRows;
        if (columns) {
            axes.add(axes.remove(lastKept));
        }
    }

    private int last(boolean reduced) {
        for (int i = axes.size() - 1; i >= 0; i--) {
            if (axes.get(i).reduced == reduced) {
                return i;
            }
        }
        return -1;
    }

    /** For a map: if some access is contiguous along another axis than the last, that axis becomes the last but one. */
    private boolean block(List<long[]> full) {
        int last = axes.size() - 1;
        if (last < 1 || axes.get(last).extent <= EDGE) {
            return false;
        }
        int[] votes = new int[last];
        int best = 0;
        for (long[] strides : full) {
            for (int i = 0; i < last; i++) {
                boolean far = Math.abs(strides[axes.get(last).source]) > 1;
                votes[i] += far && Math.abs(strides[axes.get(i).source]) == 1 ? 1 : 0;
                best = votes[i] > votes[best] ? i : best;
            }
        }
        if (votes[best] == 0) {
            return false;
        }
        axes.add(last - 1, axes.remove(best));
        return true;
    }

    private void cut(boolean wholeRows, boolean blocked) {
        int last = axes.size() - 1;
        long length = Math.max(1, rowLength());
        if (columns) {
            int across = (int) Math.min(axes.get(last).extent, wholeRows ? Math.max(1, LARGEST / length) : TILE);
            tile[last] = even(axes.get(last).extent, across);
            boolean whole = wholeRows || isEmpty();
            fill(last - 1, whole ? Long.MAX_VALUE : TILE / Math.max(1, tile[last]), true);
            fill(last - 1, 1, false);
        } else if (wholeRows || length <= TILE) {
            fill(last, Long.MAX_VALUE, true);
            fill(last, blocked ? TILE : TILE / length, false);
        } else {
            fill(last, TILE, true);
            fill(last, 1, false);
        }
        if (blocked) {
            tile[last] = even(axes.get(last).extent, EDGE);
            fill(last - 1, (long) EDGE * EDGE / Math.max(1, tile[last]), false);
        }
    }

    /** Gives the reduced or the kept axes, from one on outwards, tiles of a number of elements together. */
    private void fill(int from, long room, boolean reduced) {
        long left = Math.max(1, room);
        for (int i = from; i >= 0; i--) {
            Axis axis = axes.get(i);
            if (axis.reduced == reduced) {
                tile[i] = even(axis.extent, (int) Math.min(axis.extent, left));
                left = tile[i] == axis.extent ? Math.max(1, left / Math.max(1, tile[i])) : 1;
            }
        }
    }

    /** The size of equal parts of at most {@code most}, in multiples of 16 if there are several. */
    private static int even(int extent, int most) {
        if (extent <= most) {
            return extent;
        }
        int parts = Math.ceilDiv(extent, most);
        int size = Math.ceilDiv(extent, parts);
        int rounded = Math.ceilDiv(size, 16) * 16;
        return rounded <= most ? rounded : size;
    }

    int rank() {
        return axes.size();
    }

    int extent(int axis) {
        return axes.get(axis).extent;
    }

    boolean isReduced(int axis) {
        return axes.get(axis).reduced;
    }

    /** Extent of a tile along an axis; the last tile may be smaller. */
    int tile(int axis) {
        return tile[axis];
    }

    /** Number of tiles along an axis. */
    int tiles(int axis) {
        return tile[axis] == 0 ? 0 : Math.ceilDiv(axes.get(axis).extent, tile[axis]);
    }

    /** True if the axis is cut, so that tiles start at different indices. */
    boolean isMoving(int axis) {
        return tiles(axis) > 1;
    }

    /** True if a tile does not hold all reduced indices. */
    boolean isStream() {
        for (int i = 0; i < rank(); i++) {
            if (isReduced(i) && isMoving(i)) {
                return true;
            }
        }
        return false;
    }

    /** True if there is no index. */
    boolean isEmpty() {
        return axes.stream().anyMatch(axis -> axis.extent == 0);
    }

    /** True in the columns layout. */
    boolean isColumns() {
        return columns;
    }

    /** Number of reduced indices. */
    long rowLength() {
        return product(true, false);
    }

    /** Number of reduced indices in a tile. */
    int tileLength() {
        return (int) product(true, true);
    }

    /** Number of kept indices in a tile. */
    int tileRows() {
        return (int) product(false, true);
    }

    private long product(boolean reduced, boolean ofTile) {
        long product = 1;
        for (int i = 0; i < rank(); i++) {
            product *= isReduced(i) != reduced ? 1 : ofTile ? tile[i] : extent(i);
        }
        return product;
    }

    /** Strides of an access along these axes. */
    long[] strides(long[] original) {
        return axes.stream().mapToLong(axis -> original[axis.source]).toArray();
    }

    /** True if the access is the same for all tiles. */
    boolean isStill(long[] original) {
        for (int i = 0; i < rank(); i++) {
            if (isMoving(i) && original[axes.get(i).source] != 0) {
                return false;
            }
        }
        return true;
    }
}
