package dev.lamina.cpu.plain;

import java.util.Arrays;

/**
 * A step that goes over the elements of a tile by their places {@code offset + sum of index * stride}: a load, a store,
 * positions or random numbers. Axes of the tile that the strides join are one.
 */
abstract class Window implements Step {
    private final long offset;
    private final int[] moving;
    private final long[] movingStrides;
    /** The axes of the tile, joined; outermost first. */
    private final int groups;

    private final int[] groupAxis;
    private final int[] groupInner;
    private final long[] groupStride;
    private final boolean turned;

    /** A window of a level; {@code original} are strides along the axes of the task. */
    Window(LoopSpace space, Level level, long offset, long[] original) {
        this.offset = offset;
        long[] strides = space.strides(original);
        int rank = space.rank();
        int[] axis = new int[rank];
        int[] inner = new int[rank];
        long[] stride = new long[rank];
        int[] move = new int[rank];
        int count = 0;
        int moves = 0;
        int outer = -1;
        for (int i = 0; i < rank; i++) {
            if (space.isMoving(i) && strides[i] != 0) {
                move[moves++] = i;
            }
            boolean inside = level == Level.FULL || (level == Level.ROW && !space.isReduced(i));
            if (!inside || space.tile(i) == 1) {
                continue;
            }
            boolean joined =
                    outer >= 0 && space.tile(i) == space.extent(i) && strides[outer] == strides[i] * space.extent(i);
            if (joined) {
                inner[count - 1] *= space.extent(i);
                stride[count - 1] = strides[i];
            } else {
                axis[count] = i;
                inner[count] = 1;
                stride[count++] = strides[i];
            }
            outer = i;
        }
        groups = count;
        groupAxis = axis;
        groupInner = inner;
        groupStride = stride;
        turned = count > 1 && stride[count - 2] == 1 && Math.abs(stride[count - 1]) > 1;
        moving = Arrays.copyOf(move, moves);
        movingStrides = Arrays.stream(moving).mapToLong(i -> strides[i]).toArray();
    }

    /** Handles n elements at places base, base + stride ..., the first of which is element {@code at} of the tile. */
    abstract void span(Workspace w, long base, long stride, int at, int n);

    /**
     * Handles n elements at neighbouring places from base on: elements {@code at, at + step ...} of the tile. Called instead of
     * {@link #span} where the axis that is the last but one in the tile is the contiguous one in memory, if {@link #turns}.
     */
    void across(Workspace w, long base, int at, int step, int n) {
        throw new IllegalStateException("this window is not turned");
    }

    /** Repeats the {@code size} elements of the tile from {@code at} on, so that there are {@code times} of them. */
    abstract void repeat(Workspace w, int at, int size, int times);

    /** Whether the last two axes may be walked in the other order. */
    boolean turns() {
        return false;
    }

    @Override
    public final void run(Workspace w) {
        long base = offset;
        for (int i = 0; i < moving.length; i++) {
            base += w.start[moving[i]] * movingStrides[i];
        }
        if (groups == 0) {
            span(w, base, 0, 0, 1);
        } else if (groups == 1) {
            int n = count(w, 0);
            if (n > 0) {
                span(w, base, groupStride[0], 0, n);
            }
        } else {
            walk(w, 0, base, 0);
        }
    }

    private int count(Workspace w, int group) {
        return w.extent[groupAxis[group]] * groupInner[group];
    }

    /** Goes over the groups from one on; returns the next element of the tile. */
    private int walk(Workspace w, int group, long base, int at) {
        int n = count(w, group);
        if (group == groups - 2 && turned && turns()) {
            int inner = count(w, group + 1);
            for (int i = 0; i < inner && n > 0; i++) {
                across(w, base + i * groupStride[group + 1], at + i, inner, n);
            }
            return at + n * inner;
        }
        if (group == groups - 1) {
            if (n > 0) {
                span(w, base, groupStride[group], at, n);
            }
            return at + n;
        }
        int next = at;
        if (groupStride[group] == 0 && n > 1) {
            int size = walk(w, group + 1, base, at) - at;
            repeat(w, at, size, n);
            return at + size * n;
        }
        for (int i = 0; i < n; i++) {
            next = walk(w, group + 1, base + i * groupStride[group], next);
        }
        return next;
    }
}
