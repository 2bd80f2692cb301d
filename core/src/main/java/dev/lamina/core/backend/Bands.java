package dev.lamina.core.backend;

import dev.lamina.core.compiler.Lowered;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the loops that form a {@link Task.Band}. */
final class Bands {
    private Bands() {}

    static Lowered joined(Lowered lowered) {
        List<Task> tasks = new ArrayList<>();
        for (Task task : lowered.tasks()) {
            Task.Band band = tasks.isEmpty() ? null : joined(tasks.getLast(), task);
            if (band != null) {
                tasks.removeLast();
            }
            tasks.add(band == null ? task : band);
        }
        return new Lowered(List.copyOf(tasks), lowered.inputs(), lowered.outputs(), lowered.bytes(), lowered.memory());
    }

    /** A task with the one behind it, or null. */
    private static Task.@Nullable Band joined(Task before, Task next) {
        Task.Loop rows =
                before instanceof Task.Band band ? band.rows() : before instanceof Task.Loop loop ? loop : null;
        if (rows == null || !(next instanceof Task.Loop loop) || !follows(loop, rows)) {
            return null;
        }
        List<Task.Loop> columns = new ArrayList<>(before instanceof Task.Band band ? band.columns() : List.of());
        columns.add(loop);
        return new Task.Band(rows, List.copyOf(columns));
    }

    /** Whether a loop folds columns of what another one goes through row by row. */
    private static boolean follows(Task.Loop columns, Task.Loop rows) {
        int kept = columns.dims().length - columns.reduced();
        long size = size(columns.dims(), 0, columns.dims().length);
        boolean folds = columns.reduced() > 0 && columns.writes().allMatch(access -> isFolded(access, kept));
        if (!folds || size < Task.Band.FEWEST || size != size(rows.dims(), 0, rows.dims().length)) {
            return false;
        }
        long folded = size(columns.dims(), kept, columns.dims().length);
        int last = rows.dims().length - rows.reduced();
        boolean along = false;
        for (int axis = 1; axis <= last; axis++) {
            along |= size(rows.dims(), 0, axis) == folded;
        }
        Set<Integer> near = Stream.concat(rows.reads(), rows.writes())
                .filter(Bands::isFull)
                .map(Task.Access::buffer)
                .collect(Collectors.toSet());
        return along && columns.reads().anyMatch(access -> isFull(access) && near.contains(access.buffer()));
    }

    /** Whether a window has an element for each index. */
    private static boolean isFull(Task.Access access) {
        int[] dims = access.dims();
        return IntStream.range(0, dims.length).allMatch(axis -> dims[axis] == 1 || access.strides()[axis] != 0);
    }

    /** Whether a window has one element for all indices of the axes from one on. */
    private static boolean isFolded(Task.Access access, int kept) {
        return IntStream.range(kept, access.dims().length).allMatch(axis -> access.strides()[axis] == 0);
    }

    private static long size(int[] dims, int from, int to) {
        return Arrays.stream(dims, from, to).asLongStream().reduce(1, (a, b) -> a * b);
    }
}
