package dev.lamina.core.compiler;

import dev.lamina.core.backend.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A map that follows a product in a {@link Task.Chain}: it gets the extents of the product, for which it may have to join some of its own. */
final class Epilogue {
    private final int[] from;
    private final int[] to;

    /** For each extent of the map which one of the product it is a part of; -1 for extents of 1. */
    private final int[] parts;

    private Epilogue(int[] from, int[] to) {
        this.from = from;
        this.to = to;
        parts = new int[from.length];
    }

    /** The map over the extents of a product; nothing if one of its accesses sees a border inside them. */
    static Optional<Task.Loop> over(Task.Loop map, int[] dims) {
        if (Arrays.equals(map.dims(), dims)) {
            return Optional.of(map);
        }
        Epilogue epilogue = new Epilogue(map.dims(), dims);
        return epilogue.fits() ? epilogue.joined(map) : Optional.empty();
    }

    /** Whether a map over the extents of the product loads a buffer at the index of the product only. */
    static boolean loadsInPlace(Task.Loop map, int buffer) {
        for (Task.Value value : map.values()) {
            if (value instanceof Task.Load load && load.access().buffer() == buffer) {
                Task.Access access = load.access();
                if (access.offset() != 0 || !access.isContiguous()) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean fits() {
        int at = 0;
        for (int d = 0; d < to.length; d++) {
            long extent = 1;
            while (at < from.length && (extent < to[d] || from[at] == 1)) {
                extent *= from[at];
                parts[at] = from[at] == 1 ? -1 : d;
                at++;
            }
            if (extent != to[d]) {
                return false;
            }
        }
        return at == from.length;
    }

    private Optional<Task.Loop> joined(Task.Loop map) {
        List<Task.Value> values = new ArrayList<>();
        for (Task.Value value : map.values()) {
            switch (value) {
                case Task.Load load -> access(load.access()).map(Task.Load::new).ifPresent(values::add);
                case Task.Position position ->
                    strides(position.strides())
                            .map(strides -> new Task.Position(position.offset(), strides))
                            .ifPresent(values::add);
                case Task.Uniform uniform ->
                    strides(uniform.strides())
                            .map(strides -> new Task.Uniform(
                                    access(uniform.seed()).orElseThrow(),
                                    uniform.stream(),
                                    uniform.dtype(),
                                    uniform.offset(),
                                    strides))
                            .ifPresent(values::add);
                case Task.Constant constant -> values.add(constant);
                case Task.Apply apply -> values.add(apply);
                case Task.Fold ignored -> throw new IllegalStateException("a map has no folds");
            }
        }
        List<Task.Store> stores = new ArrayList<>();
        for (Task.Store store : map.stores()) {
            access(store.access()).map(to -> new Task.Store(store.value(), to)).ifPresent(stores::add);
        }
        boolean whole = values.size() == map.values().size()
                && stores.size() == map.stores().size();
        return whole ? Optional.of(new Task.Loop(to, 0, values, stores)) : Optional.empty();
    }

    private Optional<Task.Access> access(Task.Access access) {
        return strides(access.strides())
                .map(strides -> new Task.Access(access.buffer(), access.dtype(), access.offset(), to, strides));
    }

    /** Strides along the extents of the product: those of the last part of each, if the parts before continue it. */
    private Optional<long[]> strides(long[] old) {
        long[] strides = new long[to.length];
        long[] next = new long[to.length];
        boolean[] begun = new boolean[to.length];
        for (int i = from.length - 1; i >= 0; i--) {
            int part = parts[i];
            if (part < 0) {
                continue;
            }
            if (!begun[part]) {
                strides[part] = old[i];
            } else if (old[i] != next[part]) {
                return Optional.empty();
            }
            begun[part] = true;
            next[part] = old[i] * from[i];
        }
        return Optional.of(strides);
    }
}
