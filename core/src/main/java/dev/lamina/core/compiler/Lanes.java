package dev.lamina.core.compiler;

import dev.lamina.core.backend.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjLongConsumer;
import java.util.stream.Stream;

/**
 * Rows of a scan that never meet: where each task of a step computes every row of the carries (the examples of a batch) from the same row of
 * what it reads, and from what all rows share, groups of rows go through all steps alone. Then there is nothing to wait for between steps,
 * and what all rows share stays in the caches of whoever computes. The cut depends on the shape only.
 */
final class Lanes {
    /** Rows of a lane at most: two tiles of a product read the shared matrix once from the second-level cache. */
    private static final int ROWS = 16;

    /** Rows that are worth two lanes. */
    private static final int FEW = 8;

    /** Bytes of matrices that all rows share, above which each thread should rather read a part of them. */
    private static final long SHARED = 1 << 20;

    private static final long UNKNOWN = Long.MIN_VALUE;

    private final Lowered lowered;
    private final int carries;
    private final int rows;

    /** Bytes from row to row of each buffer; 0 if all rows share it. */
    private final long[] steps;

    private final int[] axes;

    private Lanes(Lowered lowered, int carries, int rows) {
        this.lowered = lowered;
        this.carries = carries;
        this.rows = rows;
        steps = new long[lowered.bytes().length];
        Arrays.fill(steps, UNKNOWN);
        for (int i = 0; i < carries; i++) {
            steps[i] = lowered.bytes()[i] / rows;
        }
        axes = new int[lowered.tasks().size()];
    }

    /**
     * How to cut a step, if it can be.
     *
     * @param carries number of the first inputs that the first outputs overwrite
     * @param rows extent of the first axis of all carries
     */
    static Optional<Lanes> of(Lowered lowered, int carries, int rows) {
        if (rows < FEW) {
            return Optional.empty();
        }
        Lanes lanes = new Lanes(lowered, carries, rows);
        return lanes.find() && lanes.areApart() ? Optional.of(lanes) : Optional.empty();
    }

    int count() {
        return Math.max(2, Math.ceilDiv(rows, ROWS));
    }

    /** The first row of a lane; that of the one behind the last is the number of rows. */
    int first(int lane) {
        return Math.min(rows, lane * Math.ceilDiv(rows, count()));
    }

    /** Bytes from row to row of a buffer of the step. */
    long step(int buffer) {
        return Math.max(0, steps[place(buffer)]);
    }

    /** The tasks of the step for so many rows, the first ones. */
    List<Task> tasks(int count) {
        List<Task> result = new ArrayList<>();
        for (int i = 0; i < axes.length; i++) {
            result.add(cut(lowered.tasks().get(i), axes[i], count));
        }
        return List.copyOf(result);
    }

    /** The first outputs are the memory of the carries. */
    private int place(int buffer) {
        int output = buffer - lowered.inputs();
        return output >= 0 && output < carries ? output : buffer;
    }

    // ---------------------------------------------------------------- the analysis

    /** Finds the axis of each task that the rows are along. */
    private boolean find() {
        long shared = 0;
        for (int i = 0; i < axes.length; i++) {
            Task task = lowered.tasks().get(i);
            int axis = axis(task);
            if (axis < 0) {
                return false;
            }
            axes[i] = axis;
            for (Task piece : pieces(task)) {
                visit(piece, axis, (access, step) -> {
                    steps[place(access.buffer())] = step;
                });
                shared += piece instanceof Task.MatMul product && isOfRows(product, axis) ? bytes(product.b()) : 0;
            }
        }
        return shared <= SHARED;
    }

    private static long bytes(Task.Access access) {
        return Arrays.stream(access.dims()).asLongStream().reduce(access.dtype().bytes(), (a, b) -> a * b);
    }

    /** The axis of the rows; -1 if there is none. */
    private int axis(Task task) {
        List<Task> pieces = pieces(task);
        int[] dims = pieces.isEmpty() ? new int[0] : kept(pieces.getFirst());
        for (int axis = 0; axis < dims.length; axis++) {
            int candidate = axis;
            if (dims[axis] == rows && pieces.stream().allMatch(piece -> fits(piece, candidate))) {
                return axis;
            }
        }
        return -1;
    }

    /** The loops and products that a task consists of; none if it is something else, which stays as it is. */
    private static List<Task> pieces(Task task) {
        return switch (task) {
            case Task.Loop loop -> List.of(loop);
            case Task.MatMul product -> List.of(product);
            case Task.Chain chain
            when chain.product() instanceof Task.MatMul product -> List.of(product, chain.epilogue());
            case Task.Chain ignored -> List.of();
            case Task.Band ignored -> List.of();
            case Task.Images ignored -> List.of();
            case Task.Convolution ignored -> List.of();
            case Task.Pooling ignored -> List.of();
            case Task.Gather ignored -> List.of();
            case Task.Scattering ignored -> List.of();
            case Task.Sorting ignored -> List.of();
            case Task.Scanning ignored -> List.of();
            case Task.Attention ignored -> List.of();
            case Task.AttentionGradient ignored -> List.of();
            case Task.Repeat ignored -> List.of();
        };
    }

    /** The axes that rows may be along. */
    private static int[] kept(Task piece) {
        return piece instanceof Task.Loop loop
                ? Arrays.copyOf(loop.dims(), loop.dims().length - loop.reduced())
                : extents(piece, 1);
    }

    private static int[] extents(Task product, int without) {
        int[] dims = ((Task.MatMul) product).out().dims();
        return Arrays.copyOf(dims, dims.length - without);
    }

    /** Whether rows are computed alike, and all accesses go from row to row as those before do. */
    private boolean fits(Task piece, int axis) {
        boolean[] right = {
            piece instanceof Task.Loop loop
                    ? loop.values().stream().allMatch(value -> isBlind(value, axis))
                    // A result has no gaps, so rows are outermost.
                    : Arrays.stream(extents(piece, 0), 0, axis).allMatch(dim -> dim == 1)
        };
        visit(piece, axis, (access, step) -> {
            long known = steps[place(access.buffer())];
            right[0] &= step >= 0 && (known == UNKNOWN || known == step);
        });
        return right[0];
    }

    /** Whether a value does not depend on the number of the row itself. */
    private static boolean isBlind(Task.Value value, int axis) {
        return switch (value) {
            case Task.Position position -> position.strides()[axis] == 0;
            case Task.Uniform uniform -> uniform.strides()[axis] == 0;
            case Task.Load ignored -> true;
            case Task.Constant ignored -> true;
            case Task.Apply ignored -> true;
            case Task.Fold ignored -> true;
        };
    }

    /** All accesses with the bytes that each goes on from row to row. */
    private static void visit(Task piece, int axis, ObjLongConsumer<Task.Access> visitor) {
        if (piece instanceof Task.MatMul product && isOfRows(product, axis)) {
            visitor.accept(product.b(), 0);
            Stream.of(product.a(), product.out()).forEach(access -> visitor.accept(access, step(access, axis)));
        } else {
            Stream.concat(piece.reads(), piece.writes()).forEach(access -> visitor.accept(access, step(access, axis)));
        }
    }

    private static long step(Task.Access access, int axis) {
        return access.strides()[axis] * access.dtype().bytes();
    }

    /** Whether an axis is that of the rows of each product, which share its second factor. */
    private static boolean isOfRows(Task.MatMul product, int axis) {
        return axis == product.out().dims().length - 2;
    }

    /** Whether each row of what is written has its own bytes, and nobody writes what all share. */
    private boolean areApart() {
        boolean[] right = {true};
        for (int i = 0; i < axes.length; i++) {
            Task task = lowered.tasks().get(i);
            task.writes().forEach(access -> right[0] &= isOwn(access.buffer()));
            Task row = cut(task, axes[i], 1);
            Stream.concat(row.reads(), row.writes())
                    .filter(access -> isOwn(access.buffer()))
                    .forEach(access -> right[0] &= isInside(access));
        }
        return right[0];
    }

    /** Whether a buffer is a carry, an output or an intermediate value whose rows follow each other. */
    private boolean isOwn(int buffer) {
        boolean written = buffer < carries || buffer >= lowered.inputs();
        return written && steps[place(buffer)] > 0 && steps[place(buffer)] * rows == lowered.bytes()[buffer];
    }

    /** Whether the access to the first row stays in it. */
    private boolean isInside(Task.Access access) {
        long[] range = access.range();
        return range[0] >= 0 && (range[1] + 1) * access.dtype().bytes() <= steps[place(access.buffer())];
    }

    // ---------------------------------------------------------------- fewer rows

    private static Task cut(Task task, int axis, int count) {
        List<Task> cut = pieces(task).stream()
                .map(piece -> piece instanceof Task.Loop loop
                        ? cut(loop, axis, count)
                        : (Task) cut((Task.MatMul) piece, axis, count))
                .toList();
        return cut.size() == 1
                ? cut.getFirst()
                : new Task.Chain((Task.MatMul) cut.getFirst(), (Task.Loop) cut.getLast());
    }

    private static Task.MatMul cut(Task.MatMul product, int axis, int count) {
        return new Task.MatMul(
                cut(product.a(), axis, count),
                isOfRows(product, axis) ? product.b() : cut(product.b(), axis, count),
                cut(product.out(), axis, count),
                product.rounded());
    }

    private static Task.Loop cut(Task.Loop loop, int axis, int count) {
        List<Task.Value> values = loop.values().stream()
                .map(value -> value instanceof Task.Load load ? new Task.Load(cut(load.access(), axis, count)) : value)
                .toList();
        List<Task.Store> stores = loop.stores().stream()
                .map(store -> new Task.Store(store.value(), cut(store.access(), axis, count)))
                .toList();
        return new Task.Loop(cut(loop.dims(), axis, count), loop.reduced(), values, stores);
    }

    private static Task.Access cut(Task.Access access, int axis, int count) {
        return new Task.Access(
                access.buffer(), access.dtype(), access.offset(), cut(access.dims(), axis, count), access.strides());
    }

    private static int[] cut(int[] dims, int axis, int count) {
        int[] result = dims.clone();
        result[axis] = count;
        return result;
    }
}
