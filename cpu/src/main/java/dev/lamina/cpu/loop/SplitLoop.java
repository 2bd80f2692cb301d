package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Reduce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A reduction cut into blocks of its rows, as two loops: one that folds each block and stores the partial results, and one that folds
 * those, in order, and does what comes after. Partial results of fold i are in buffer {@code first + i}, block after block.
 */
final class SplitLoop {
    private final Task.Loop loop;
    private final boolean[] needed;
    private final int first;
    private final List<Integer> folds = new ArrayList<>();

    /**
     * @param first number of a buffer that the loop does not use; the next ones are not used either
     */
    SplitLoop(Task.Loop loop, int first) {
        this.loop = loop;
        this.first = first;
        needed = Values.needed(loop);
        for (int v = 0; v < needed.length; v++) {
            if (needed[v] && loop.values().get(v) instanceof Task.Fold) {
                folds.add(v);
            }
        }
    }

    /** The number behind those of all buffers that a task uses. */
    static int free(Task task) {
        return 1
                + Stream.concat(task.reads(), task.writes())
                        .mapToInt(Task.Access::buffer)
                        .max()
                        .orElse(-1);
    }

    Task.Loop loop() {
        return loop;
    }

    /** Number of the first buffer of partial results. */
    int first() {
        return first;
    }

    /** The number behind those of the buffers of partial results. */
    int end() {
        return first + folds.size();
    }

    /** Number of rows. */
    int rows() {
        int rows = 1;
        for (int d = 0; d < keptRank(); d++) {
            rows *= loop.dims()[d];
        }
        return rows;
    }

    private int keptRank() {
        return loop.dims().length - loop.reduced();
    }

    /** The type in which partial results of a fold are. */
    private DType partial(int fold) {
        Task.Fold of = (Task.Fold) loop.values().get(fold);
        boolean sum = of.kind() == Reduce.Kind.SUM;
        return switch (of.dtype()) {
            case F16, BF16 -> sum ? DType.F32 : of.dtype();
            case I8, U8 -> sum ? DType.I32 : of.dtype();
            case F32, F64, I32, I64, BOOL -> of.dtype();
        };
    }

    /** The loop over one block: the rows of the whole space, of which only some indices are gone through. */
    Task.Loop blocks() {
        List<Task.Value> values = new ArrayList<>(loop.values());
        List<Task.Store> stores = new ArrayList<>();
        for (int i = 0; i < folds.size(); i++) {
            Task.Fold fold = (Task.Fold) loop.values().get(folds.get(i));
            DType dtype = partial(folds.get(i));
            int of = fold.a();
            if (dtype != fold.dtype()) {
                values.add(new Task.Apply(Elementwise.CAST, dtype, of, -1, -1));
                of = values.size() - 1;
            }
            values.add(new Task.Fold(fold.kind(), dtype, of));
            long[] strides = rowStrides(loop.dims().length);
            stores.add(new Task.Store(values.size() - 1, new Task.Access(first + i, dtype, 0, loop.dims(), strides)));
        }
        return new Task.Loop(loop.dims(), loop.reduced(), values, stores);
    }

    /** The row-major strides of rows, and 0 for further axes. */
    private long[] rowStrides(int rank) {
        long[] strides = new long[rank];
        long step = 1;
        for (int d = keptRank() - 1; d >= 0; d--) {
            strides[d] = step;
            step *= loop.dims()[d];
        }
        return strides;
    }

    /** The loop that comes after all blocks. */
    Task.Loop merge(int blocks) {
        int[] dims = Arrays.copyOf(loop.dims(), keptRank() + 1);
        dims[keptRank()] = blocks;
        List<Task.Value> values = new ArrayList<>();
        int[] place = new int[needed.length];
        for (int v = 0; v < needed.length; v++) {
            Task.Value value = loop.values().get(v);
            if (needed[v] && folds.contains(v)) {
                int fold = folds.indexOf(v);
                long[] strides = rowStrides(dims.length);
                strides[keptRank()] = rows();
                values.add(new Task.Load(new Task.Access(first + fold, partial(v), 0, dims, strides)));
                values.add(new Task.Fold(((Task.Fold) value).kind(), partial(v), values.size() - 1));
                if (partial(v) != value.dtype()) {
                    values.add(new Task.Apply(Elementwise.CAST, value.dtype(), values.size() - 1, -1, -1));
                }
            } else {
                values.add(moved(value, dims, place));
            }
            place[v] = values.size() - 1;
        }
        return new Task.Loop(
                dims,
                1,
                values,
                loop.stores().stream()
                        .map(store -> new Task.Store(place[store.value()], moved(store.access(), dims)))
                        .toList());
    }

    private Task.Access moved(Task.Access access, int[] dims) {
        return new Task.Access(access.buffer(), access.dtype(), access.offset(), dims, moved(access.strides()));
    }

    private long[] moved(long[] strides) {
        long[] moved = Arrays.copyOf(strides, keptRank() + 1);
        moved[keptRank()] = 0;
        return moved;
    }

    /** A value of the merging loop; those that differ along rows are not needed there, so it does not matter what they become. */
    private Task.Value moved(Task.Value value, int[] dims, int[] place) {
        return switch (value) {
            case Task.Load load -> new Task.Load(moved(load.access(), dims));
            case Task.Constant constant -> constant;
            case Task.Position position -> new Task.Position(position.offset(), moved(position.strides()));
            case Task.Uniform uniform ->
                new Task.Uniform(
                        moved(uniform.seed(), dims),
                        uniform.stream(),
                        uniform.dtype(),
                        uniform.offset(),
                        moved(uniform.strides()));
            case Task.Apply apply ->
                new Task.Apply(
                        apply.op(),
                        apply.dtype(),
                        place[apply.a()],
                        apply.b() < 0 ? -1 : place[apply.b()],
                        apply.c() < 0 ? -1 : place[apply.c()]);
            case Task.Fold fold -> fold;
        };
    }
}
