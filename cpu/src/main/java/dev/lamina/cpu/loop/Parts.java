package dev.lamina.cpu.loop;

import java.util.List;

/**
 * How the work of a kernel is cut into parts, by shape only. The axes before the cut one are walked by Java, one index per part;
 * the cut axis is walked by the kernel, in pieces; the ones behind it always as a whole.
 *
 * @param axis the axis that is cut, or -1 if there is none
 * @param piece indices of the cut axis in a part, but for the last piece
 * @param pieces number of pieces
 * @param outer number of indices of the axes before the cut one
 */
record Parts(int axis, long piece, int pieces, long outer) {
    /** Nanoseconds that a part should take. */
    private static final double PART = 15_000;

    /** Work below this is done by the caller. */
    private static final double ALONE = 20_000;

    private static final int MOST = 1024;

    /** Columns that a part sums up at least. */
    private static final int FEW_COLUMNS = 512;

    /** Pieces of the vector axis start at multiples of this, so that they start at cache lines if the whole does. */
    private static final int GRAIN = 64;

    /** How a kernel is cut along its kept axes. */
    static Parts of(Space space, double nanosecondsPerElement) {
        double total = nanosecondsPerElement * space.size(0, space.rank());
        if (space.kept() == 0) {
            return new Parts(-1, 1, 1, 1);
        }
        if (total < ALONE) {
            return new Parts(0, space.extent(0), 1, 1);
        }
        double part = Math.max(PART, total / MOST);
        int axis = 0;
        while (axis + 1 < space.kept() && inner(space, axis, nanosecondsPerElement) > part) {
            axis++;
        }
        boolean vector = axis == space.vector();
        return cut(axis, space.extent(axis), part / inner(space, axis, nanosecondsPerElement), vector ? GRAIN : 1)
                .times(space.size(0, axis));
    }

    /**
     * The same for sums of columns: neighbouring columns make long reads, but only so many sums fit into scratch memory (a
     * piece has up to half more indices than wanted).
     */
    static Parts ofColumns(Space space, double nanosecondsPerElement) {
        Parts parts = of(space, nanosecondsPerElement);
        int axis = space.vector();
        int columns = space.extent(axis);
        if (parts.axis == axis && parts.count() > 1) {
            int piece = Math.clamp(parts.piece, FEW_COLUMNS, Plan.MOST_COLUMNS / 2);
            return cut(axis, columns, piece, GRAIN).times(space.size(0, axis));
        }
        return columns > Plan.MOST_COLUMNS
                ? cut(axis, columns, Plan.MOST_COLUMNS / 2, GRAIN).times(space.size(0, axis))
                : parts;
    }

    /** The same for a map with tiles: of the last two axes the longer one is cut. */
    static Parts ofTiles(Space space, double nanosecondsPerElement) {
        double total = nanosecondsPerElement * space.size(0, space.rank());
        if (total < ALONE) {
            return new Parts(0, space.extent(0), 1, 1);
        }
        double part = Math.max(PART, total / MOST);
        int axis = 0;
        while (axis < space.across() && inner(space, axis, nanosecondsPerElement) > part) {
            axis++;
        }
        double inside = inner(space, axis, nanosecondsPerElement);
        if (axis < space.across()) {
            return cut(axis, space.extent(axis), part / inside, 1).times(space.size(0, axis));
        }
        boolean lanes = space.extent(space.vector()) > space.extent(axis);
        int longer = lanes ? space.vector() : axis;
        double one = lanes ? inside / space.extent(longer) * space.extent(axis) : inside;
        return cut(longer, space.extent(longer), part / one, Plan.TILE).times(space.size(0, axis));
    }

    /** With so many parts along the kept axes rows are not cut. */
    private static final int ENOUGH = 8;

    /** Kept indices above which rows are never cut. */
    private static final int MANY_ROWS = Plan.MOST_COLUMNS;

    private static final int MOST_BLOCKS = 64;

    /** How a kernel is cut along its first reduced axis; one part if it should not be. */
    static Parts ofRows(Plan plan, double nanosecondsPerElement) {
        Space space = plan.space();
        double total = nanosecondsPerElement * space.size(0, space.rank());
        boolean enough = of(space, nanosecondsPerElement).count() >= ENOUGH && space.isAlongRows();
        if (!hasBlocks(plan) || enough || total < 2 * ALONE) {
            return new Parts(-1, 1, 1, 1);
        }
        int axis = space.kept();
        double blocks = Math.min(MOST_BLOCKS, total / PART);
        return cut(axis, space.extent(axis), space.extent(axis) / blocks, axis == space.vector() ? GRAIN : 1);
    }

    /** Whether a kernel may be cut along its first reduced axis. */
    static boolean hasBlocks(Plan plan) {
        Space space = plan.space();
        return space.kept() < space.rank() && plan.isStream() && space.size(0, space.kept()) <= MANY_ROWS;
    }

    /** Bytes of a block that stays in the second cache. */
    private static final long BLOCK = 768 << 10;

    private static final int ENOUGH_BLOCKS = 16;

    /** How loops that go through the same rows are cut along them: one part if they should not be. */
    static Parts ofBand(Plan rows, List<Plan> columns) {
        long extent = rows.space().extent(0);
        double time = 0;
        long bytes = 0;
        for (int slot = 0; slot < rows.addresses().count(); slot++) {
            bytes += Math.abs(rows.addresses().step(slot, 0));
        }
        for (Plan plan : columns) {
            time += Cost.perElement(plan) * plan.space().size(0, plan.space().rank());
        }
        if (time < 2 * ALONE) {
            return new Parts(0, extent, 1, 1);
        }
        time += Cost.perElement(rows) * rows.space().size(0, rows.space().rank());
        double blocks = Math.max((double) extent * bytes / BLOCK, Math.min(ENOUGH_BLOCKS, time / PART));
        return cut(0, extent, extent / blocks, 1);
    }

    /** The same parts along an axis of another space. */
    Parts along(int other) {
        return new Parts(other, piece, pieces, outer);
    }

    /** Pieces of an axis with about as many indices. */
    static Parts cut(int axis, long extent, double wanted, long grain) {
        long pieces = Math.max(1, Math.round(extent / Math.max(1, wanted)));
        long piece = Math.ceilDiv(Math.ceilDiv(extent, pieces), grain) * grain;
        return new Parts(axis, piece, (int) Math.ceilDiv(extent, piece), 1);
    }

    private Parts times(long count) {
        return new Parts(axis, piece, pieces, count);
    }

    /** Work of one index of an axis. */
    private static double inner(Space space, int axis, double nanosecondsPerElement) {
        return nanosecondsPerElement * space.size(axis + 1, space.rank());
    }

    int count() {
        return (int) (outer * pieces);
    }
}
