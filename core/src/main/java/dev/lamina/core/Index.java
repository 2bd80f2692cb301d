package dev.lamina.core;

import dev.lamina.core.op.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * What {@link ShapeOps#slice} takes of one axis. Positions follow Python: negative ones count from the end, bounds
 * beyond the axis are cut, and {@code to} is not included.
 */
public final class Index {
    private enum Kind {
        AT,
        RANGE,
        ELLIPSIS,
        NEW_AXIS
    }

    private final Kind kind;
    private final OptionalInt from;
    private final OptionalInt to;
    private final int step;

    private Index(Kind kind, OptionalInt from, OptionalInt to, int step) {
        if (step == 0) {
            throw new LaminaException("slice: expected a step that is not 0, got 0; use 1 or -1");
        }
        this.kind = kind;
        this.from = from;
        this.to = to;
        this.step = step;
    }

    /** One position; the axis disappears. A position beyond the axis is an error. */
    public static Index at(int position) {
        return new Index(Kind.AT, OptionalInt.of(position), OptionalInt.empty(), 1);
    }

    /** Positions from, from + 1, ... below to. */
    public static Index range(int from, int to) {
        return range(from, to, 1);
    }

    /** Positions from, from + step, ... below to; a negative step goes downward and stops above to. */
    public static Index range(int from, int to, int step) {
        return new Index(Kind.RANGE, OptionalInt.of(from), OptionalInt.of(to), step);
    }

    /** All positions from here on. */
    public static Index from(int position) {
        return new Index(Kind.RANGE, OptionalInt.of(position), OptionalInt.empty(), 1);
    }

    /** All positions below this one. */
    public static Index to(int position) {
        return new Index(Kind.RANGE, OptionalInt.empty(), OptionalInt.of(position), 1);
    }

    /** Every step-th position of the whole axis; -1 turns the axis around. */
    public static Index every(int step) {
        return new Index(Kind.RANGE, OptionalInt.empty(), OptionalInt.empty(), step);
    }

    /** The whole axis. */
    public static Index all() {
        return every(1);
    }

    /** As many whole axes as the tensor has more than the other indices name. */
    public static Index ellipsis() {
        return new Index(Kind.ELLIPSIS, OptionalInt.empty(), OptionalInt.empty(), 1);
    }

    /** A new axis of extent 1. */
    public static Index newAxis() {
        return new Index(Kind.NEW_AXIS, OptionalInt.empty(), OptionalInt.empty(), 1);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case AT -> text(from);
            case RANGE -> text(from) + ":" + text(to) + (step == 1 ? "" : ":" + step);
            case ELLIPSIS -> "...";
            case NEW_AXIS -> "newAxis";
        };
    }

    private static String text(OptionalInt position) {
        return position.isPresent() ? Integer.toString(position.getAsInt()) : "";
    }

    /** The elements that the indices choose; axes without an index are taken whole. */
    static Tensor apply(Tensor x, Index... indices) {
        List<Index> full = complete(x, List.of(indices));
        List<Integer> starts = new ArrayList<>();
        List<Integer> steps = new ArrayList<>();
        Shape sliced = x.shape();
        Shape result = Shape.of();
        for (Index index : full) {
            if (index.kind == Kind.NEW_AXIS) {
                result = result.insert(result.rank(), 1);
                continue;
            }
            int axis = starts.size();
            int count = index.count(x.dim(axis));
            starts.add(count == 0 ? 0 : index.start(x, axis));
            steps.add(index.step);
            sliced = sliced.with(axis, count);
            result = index.kind == Kind.AT ? result : result.insert(result.rank(), count);
        }
        return x.sliced(new View.Slice(List.copyOf(starts), List.copyOf(steps)), sliced)
                .reshape(result);
    }

    /** Without ellipsis and with an index for each axis. */
    private static List<Index> complete(Tensor x, List<Index> indices) {
        long named = indices.stream()
                .filter(i -> i.kind == Kind.AT || i.kind == Kind.RANGE)
                .count();
        long dots = indices.stream().filter(i -> i.kind == Kind.ELLIPSIS).count();
        if (named > x.rank() || dots > 1) {
            throw new ShapeException("slice: expected at most " + x.rank() + " indices and one ellipsis for "
                    + x.shape() + ", got " + indices + "; give one index for each axis");
        }
        List<Index> rest = Collections.nCopies((int) (x.rank() - named), all());
        List<Index> full = new ArrayList<>();
        for (Index index : indices) {
            full.addAll(index.kind == Kind.ELLIPSIS ? rest : List.of(index));
        }
        if (dots == 0) {
            full.addAll(rest);
        }
        return full;
    }

    private int start(Tensor x, int axis) {
        int extent = x.dim(axis);
        if (kind == Kind.AT) {
            int position = from.getAsInt();
            if (position < -extent || position >= extent) {
                throw new ShapeException("slice: expected a position from " + -extent + " to " + (extent - 1)
                        + " on axis " + axis + " of " + x.shape() + ", got " + position + "; positions start at 0");
            }
            return position < 0 ? position + extent : position;
        }
        return bound(from, extent, step > 0 ? 0 : extent - 1);
    }

    private int count(int extent) {
        if (kind == Kind.AT) {
            return 1;
        }
        long start = bound(from, extent, step > 0 ? 0 : extent - 1);
        long end = bound(to, extent, step > 0 ? extent : -1);
        long span = step > 0 ? end - start : start - end;
        return span <= 0 ? 0 : (int) ((span - 1) / Math.abs((long) step) + 1);
    }

    /** A bound inside the axis, or just beyond the end where the walk stops. */
    private int bound(OptionalInt position, int extent, int otherwise) {
        if (position.isEmpty()) {
            return otherwise;
        }
        int value = position.getAsInt() < 0 ? position.getAsInt() + extent : position.getAsInt();
        return step > 0 ? Math.clamp(value, 0, extent) : Math.clamp(value, -1, extent - 1);
    }
}
