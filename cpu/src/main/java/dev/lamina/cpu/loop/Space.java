package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The index space of a loop as a kernel walks it, outermost axis first: kept axes, then reduced ones. Axes of extent 1 are gone,
 * and neighbours that all accesses see as one are joined. One axis is the <em>vector axis</em>, whose neighbours share a register:
 * the last reduced one (each row is folded along the lanes), or a kept one, which then is the last of the kept ones (a map, or
 * columns that are folded side by side).
 */
final class Space {
    /** Extent of the lanes from which on tiles are worth while. */
    private static final int FEW = 4;

    /** Extent from which on blocks are worth while. */
    static final int BLOCK = 16;

    private final List<Axis> axes = new ArrayList<>();
    private final int kept;
    private final int vector;
    private final int across;

    /**
     * @param dims extents
     * @param reduced number of trailing axes that are reduced
     * @param strides strides of all accesses; those of stores twice, which gives them more weight
     * @param isMap whether there are no folds
     */
    Space(int[] dims, int reduced, List<long[]> strides, boolean isMap) {
        List<Axis> all = new ArrayList<>();
        for (int d = 0; d < dims.length; d++) {
            if (dims[d] != 1) {
                all.add(new Axis(dims[d], d >= dims.length - reduced, d));
            }
        }
        if (reduced == 0) {
            sort(all, strides);
        }
        all.forEach(axis -> append(axis, strides));
        int best = -1;
        for (int i = 0; i < axes.size(); i++) {
            boolean last = i == axes.size() - 1;
            if ((!axes.get(i).reduced() || last) && (best < 0 || votes(i, strides) >= votes(best, strides))) {
                best = i;
            }
        }
        kept = (int) axes.stream().filter(axis -> !axis.reduced()).count();
        if (best >= 0 && best < kept) {
            axes.add(kept - 1, axes.remove(best));
            best = kept - 1;
        }
        vector = best;
        across = isMap ? findAcross(strides) : -1;
    }

    private Space(List<Axis> axes) {
        this.axes.addAll(axes);
        kept = axes.size();
        vector = kept - 1;
        across = -1;
    }

    /**
     * The space of a map over (B..., M, N): three axes, the first one for all of B, of which the last is along the lanes. Null if
     * some access sees more than one axis in B.
     */
    static @Nullable Space ofPieces(int[] dims, List<long[]> strides) {
        int last = dims.length - 1;
        Axis batch = new Axis(1, false, last);
        for (int d = last - 2; d >= 0; d--) {
            Axis axis = new Axis(dims[d], false, d);
            if (batch.extent() != 1 && dims[d] != 1 && !joins(axis, batch, strides)) {
                return null;
            }
            batch = batch.extent() == 1 ? axis : dims[d] == 1 ? batch : axis.joined(batch);
        }
        return new Space(List.of(batch, new Axis(dims[last - 1], false, last - 1), new Axis(dims[last], false, last)));
    }

    /** Orders the axes of a map as the last access, a store, has them in memory, if it is plain about that. */
    private static void sort(List<Axis> all, List<long[]> strides) {
        if (!strides.isEmpty() && all.stream().allMatch(axis -> strides.getLast()[axis.source()] > 0)) {
            all.sort((a, b) -> Long.compare(strides.getLast()[b.source()], strides.getLast()[a.source()]));
        }
    }

    /** The axis of a map along which accesses run that do not run along the lanes; it becomes the last one before those. */
    private int findAcross(List<long[]> strides) {
        if (vector < 1 || extent(vector) < FEW || size(0, kept) < (long) BLOCK * BLOCK * BLOCK) {
            return -1;
        }
        int lane = axes.get(vector).source();
        for (int axis = 0; axis < vector; axis++) {
            int source = axes.get(axis).source();
            if (extent(axis) >= BLOCK && strides.stream().anyMatch(s -> s[source] == 1 && Math.abs(s[lane]) > 1)) {
                axes.add(vector - 1, axes.remove(axis));
                return vector - 1;
            }
        }
        return -1;
    }

    /** How many accesses run along an axis without gaps; short axes count less. */
    private long votes(int axis, List<long[]> strides) {
        int source = axes.get(axis).source();
        long dense = strides.stream().filter(s -> isFull(s) && s[source] == 1).count();
        long still = strides.stream().filter(s -> isFull(s) && s[source] == 0).count();
        return (4 * dense + still) * Math.min(16, axes.get(axis).extent());
    }

    /** True if an access has one element per index of the space, or there are no rows. */
    private boolean isFull(long[] strides) {
        return axes.stream().noneMatch(Axis::reduced)
                || axes.stream().anyMatch(axis -> axis.reduced() && strides[axis.source()] != 0);
    }

    private void append(Axis axis, List<long[]> strides) {
        if (!axes.isEmpty() && joins(axes.getLast(), axis, strides)) {
            axes.add(axes.removeLast().joined(axis));
        } else {
            axes.add(axis);
        }
    }

    private static boolean joins(Axis outer, Axis inner, List<long[]> strides) {
        return outer.reduced() == inner.reduced()
                && (long) outer.extent() * inner.extent() <= Integer.MAX_VALUE
                && strides.stream().allMatch(s -> s[outer.source()] == s[inner.source()] * inner.extent());
    }

    int rank() {
        return axes.size();
    }

    /** Number of kept axes, which come first. */
    int kept() {
        return kept;
    }

    /** The axis along the lanes, or -1 if there is only one element. */
    int vector() {
        return vector;
    }

    /** The axis before the lanes if some accesses run along that one instead; else -1. */
    int across() {
        return across;
    }

    /** True if a load runs along the axis before the lanes and there is code that turns it by tiles. */
    boolean isAcross(Task.Access load) {
        if (across < 0 || load.dtype() == DType.BOOL || load.dtype().bytes() > Integer.BYTES) {
            return false;
        }
        long[] steps = strides(load.strides());
        return steps[across] == 1 && Math.abs(steps[vector]) > 1;
    }

    /** True if the lanes hold neighbours of one row. */
    boolean isAlongRows() {
        return vector >= kept;
    }

    int extent(int axis) {
        return axes.get(axis).extent();
    }

    /** Number of indices of the axes from one on, up to another. */
    long size(int from, int to) {
        long size = 1;
        for (int i = from; i < to; i++) {
            size *= extent(i);
        }
        return size;
    }

    /** Strides of an access along these axes; 0 where there is one index only. */
    long[] strides(long[] original) {
        return axes.stream()
                .mapToLong(axis -> axis.extent() == 1 ? 0 : original[axis.source()])
                .toArray();
    }
}
