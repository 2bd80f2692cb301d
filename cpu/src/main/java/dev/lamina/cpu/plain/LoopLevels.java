package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Task;
import java.util.ArrayList;
import java.util.List;

/** What a fused loop's values are: how many elements they have, whether they are needed, and whether a fold comes before. */
final class LoopLevels {
    private final Task.Loop loop;
    private final Level[] levels;
    private final boolean[] afterFold;
    private final boolean[] needed;
    private final List<long[]> all = new ArrayList<>();
    private final List<long[]> full = new ArrayList<>();

    LoopLevels(Task.Loop loop) {
        this.loop = loop;
        int count = loop.values().size();
        levels = new Level[count];
        afterFold = new boolean[count];
        needed = new boolean[count];
        loop.stores().forEach(store -> needed[store.value()] = true);
        for (int v = count - 1; v >= 0; v--) {
            if (needed[v]) {
                for (int argument : loop.values().get(v).arguments()) {
                    needed[argument] = true;
                }
            }
        }
        for (int v = 0; v < count; v++) {
            levels[v] = level(v);
            afterFold[v] = loop.values().get(v) instanceof Task.Fold;
            for (int argument : loop.values().get(v).arguments()) {
                afterFold[v] |= afterFold[argument];
            }
        }
        collectStrides();
    }

    private void collectStrides() {
        for (int v = 0; v < levels.length; v++) {
            long[] strides = strides(v);
            if (needed[v] && strides != null) {
                add(strides, levels[v]);
            }
        }
        loop.stores().forEach(store -> add(store.access().strides(), ofStore(store)));
    }

    private void add(long[] strides, Level level) {
        all.add(strides);
        if (level == Level.FULL) {
            full.add(strides);
        }
    }

    private long @org.jspecify.annotations.Nullable [] strides(int v) {
        return switch (loop.values().get(v)) {
            case Task.Load load -> load.access().strides();
            case Task.Position position -> position.strides();
            case Task.Uniform uniform -> uniform.strides();
            case Task.Constant ignored -> null;
            case Task.Apply ignored -> null;
            case Task.Fold ignored -> null;
        };
    }

    private Level level(int v) {
        if (loop.values().get(v) instanceof Task.Fold) {
            return Level.ROW;
        }
        long[] strides = strides(v);
        if (strides != null) {
            return level(strides);
        }
        Level level = Level.SCALAR;
        for (int argument : loop.values().get(v).arguments()) {
            level = Level.higher(level, levels[argument]);
        }
        return level;
    }

    private Level level(long[] strides) {
        Level level = Level.SCALAR;
        for (int d = 0; d < strides.length; d++) {
            if (loop.dims()[d] != 1 && strides[d] != 0) {
                boolean reduced = d >= strides.length - loop.reduced();
                level = Level.higher(level, reduced || isMap() ? Level.FULL : Level.ROW);
            }
        }
        return level;
    }

    private boolean isMap() {
        return loop.reduced() == 0;
    }

    Level of(int v) {
        return levels[v];
    }

    /** The level at which a store writes. */
    Level ofStore(Task.Store store) {
        Level own = level(store.access().strides());
        return isMap() || own == Level.FULL || levels[store.value()] == Level.FULL ? Level.FULL : Level.ROW;
    }

    boolean isNeeded(int v) {
        return needed[v];
    }

    boolean isAfterFold(int v) {
        return afterFold[v];
    }

    /** True if a fold's result is used where there is one element per index of the space. */
    boolean needsWholeRows() {
        boolean whole = false;
        for (int v = 0; v < levels.length; v++) {
            boolean foldOfRows = loop.values().get(v) instanceof Task.Fold fold && afterFold[fold.a()];
            whole |= needed[v] && (foldOfRows || (levels[v] == Level.FULL && afterFold[v]));
        }
        for (Task.Store store : loop.stores()) {
            whole |= afterFold[store.value()] && ofStore(store) == Level.FULL;
        }
        return whole;
    }

    List<long[]> allStrides() {
        return all;
    }

    List<long[]> fullStrides() {
        return full;
    }

    /** Which values are the same for all tiles. */
    boolean[] still(LoopSpace space) {
        boolean[] still = new boolean[levels.length];
        for (int v = 0; v < still.length; v++) {
            long[] strides = strides(v);
            still[v] = !(loop.values().get(v) instanceof Task.Fold) && (strides == null || space.isStill(strides));
            for (int argument : loop.values().get(v).arguments()) {
                still[v] &= still[argument];
            }
        }
        return still;
    }
}
