package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is known about a loop's values before code is written: which are needed, on which axes they depend, after which pass over
 * the row they are known, and which are kept in scratch memory for a later pass.
 */
final class Values {
    private final Task.Loop loop;
    private final Space space;
    private final boolean[] needed;
    private final long[] axes;
    private final int[] stage;
    private final boolean[] kept;
    private final int[] firstPass;
    private final List<List<Integer>> computed = new ArrayList<>();
    private final int passes;

    Values(Task.Loop loop, boolean[] needed, Space space) {
        this.loop = loop;
        this.space = space;
        this.needed = needed;
        int count = loop.values().size();
        axes = new long[count];
        stage = new int[count];
        kept = new boolean[count];
        firstPass = new int[count];
        Arrays.fill(firstPass, -1);
        for (int v = 0; v < count; v++) {
            Task.Value value = loop.values().get(v);
            axes[v] = own(value);
            for (int a : value.arguments()) {
                axes[v] |= axes[a];
                stage[v] = Math.max(stage[v], stage[a]);
            }
            if (value instanceof Task.Fold) {
                axes[v] &= keptAxes();
                stage[v]++;
            }
        }
        passes = countPasses();
        followPasses();
    }

    /** The values that some store needs. */
    static boolean[] needed(Task.Loop loop) {
        boolean[] needed = new boolean[loop.values().size()];
        loop.stores().forEach(store -> needed[store.value()] = true);
        for (int v = needed.length - 1; v >= 0; v--) {
            if (needed[v]) {
                for (int a : loop.values().get(v).arguments()) {
                    needed[a] = true;
                }
            }
        }
        return needed;
    }

    /** Whether some store needs a fold. */
    static boolean hasFolds(Task.Loop loop, boolean[] needed) {
        boolean folds = false;
        for (int v = 0; v < needed.length; v++) {
            folds |= needed[v] && loop.values().get(v) instanceof Task.Fold;
        }
        return folds;
    }

    boolean hasFolds() {
        return hasFolds(loop, needed);
    }

    private long own(Task.Value value) {
        return value instanceof Task.Fold ? keptAxes() : value.strides().length == 0 ? 0 : axesOf(value.strides());
    }

    /** The axes along which strides lead on, as bits. */
    private long axesOf(long[] original) {
        long bits = 0;
        long[] strides = space.strides(original);
        for (int i = 0; i < strides.length; i++) {
            bits |= strides[i] != 0 ? 1L << i : 0;
        }
        return bits;
    }

    private long keptAxes() {
        return (1L << space.kept()) - 1;
    }

    private int countPasses() {
        int count = 1;
        for (int v = 0; v < stage.length; v++) {
            if (needed[v] && loop.values().get(v) instanceof Task.Fold fold) {
                count = Math.max(count, stage[fold.a()] + 1);
            }
        }
        for (Task.Store store : loop.stores()) {
            count = isFull(store) ? Math.max(count, stage[store.value()] + 1) : count;
        }
        return count;
    }

    /** Finds what each pass computes, and marks heavy values that a later pass needs again. */
    private void followPasses() {
        for (int pass = 0; pass < passes; pass++) {
            boolean[] now = new boolean[stage.length];
            targets(pass).forEach(v -> now[v] = true);
            List<Integer> list = new ArrayList<>();
            for (int v = stage.length - 1; v >= 0; v--) {
                if (now[v] && isFull(v)) {
                    list.addFirst(v);
                    boolean again = firstPass[v] >= 0;
                    kept[v] |= again && isHeavy(loop.values().get(v)) && depth(v) == space.rank() && !isUniform(v);
                    firstPass[v] = again ? firstPass[v] : pass;
                    for (int a :
                            again && kept[v] ? new int[0] : loop.values().get(v).arguments()) {
                        now[a] = true;
                    }
                }
            }
            computed.add(list);
        }
    }

    private static boolean isHeavy(Task.Value value) {
        return value instanceof Task.Uniform || (value instanceof Task.Apply apply && isHeavy(apply.op()));
    }

    private static boolean isHeavy(Elementwise op) {
        return op.isHeavy() || op == Elementwise.DIV || op == Elementwise.SQRT;
    }

    /** The full-level values that a pass has to come to: what is folded and what is stored in it. */
    List<Integer> targets(int pass) {
        List<Integer> targets = new ArrayList<>();
        folds(pass).forEach(v -> targets.add(((Task.Fold) loop.values().get(v)).a()));
        stores(pass).forEach(store -> targets.add(store.value()));
        return targets;
    }

    /** The folds that run in a pass. */
    List<Integer> folds(int pass) {
        List<Integer> folds = new ArrayList<>();
        for (int v = 0; v < stage.length; v++) {
            if (needed[v] && loop.values().get(v) instanceof Task.Fold fold && stage[fold.a()] == pass) {
                folds.add(v);
            }
        }
        return folds;
    }

    /** The stores of one element per index of the space that happen in a pass. */
    List<Task.Store> stores(int pass) {
        return loop.stores().stream()
                .filter(store -> isFull(store) && stage[store.value()] == pass)
                .toList();
    }

    /** The stores of one element per row. */
    List<Task.Store> rowStores() {
        return loop.stores().stream().filter(store -> !isFull(store)).toList();
    }

    /** True if a value differs along a row. */
    boolean isFull(int v) {
        return (axes[v] & ~keptAxes()) != 0;
    }

    private boolean isFull(Task.Store store) {
        return isFull(store.value()) || (axesOf(store.access().strides()) & ~keptAxes()) != 0;
    }

    boolean isNeeded(int v) {
        return needed[v];
    }

    /** True if a value is the same in all lanes. */
    boolean isUniform(int v) {
        return space.vector() < 0 || (axes[v] >>> space.vector() & 1) == 0;
    }

    /**
     * The values that are the same in all lanes of a row, take long, and are used with others that differ along the lanes: where the
     * last axis is walked inside the lanes, they are computed before.
     */
    List<Integer> shared() {
        boolean[] heavy = new boolean[stage.length];
        List<Integer> shared = new ArrayList<>();
        for (int v = 0; v < heavy.length; v++) {
            if (needed[v] && isAlongLast(v)) {
                Task.Value value = loop.values().get(v);
                heavy[v] = isHeavy(value) || Arrays.stream(value.arguments()).anyMatch(a -> heavy[a]);
                if (heavy[v] && isUsedAcross(v) && value.dtype().isFloat()) {
                    shared.add(v);
                }
            }
        }
        return shared;
    }

    /** True if something uses a value that is not the same in all lanes of a row. */
    boolean isUsedAcross(int v) {
        for (int user = v + 1; user < stage.length; user++) {
            boolean uses = Arrays.stream(loop.values().get(user).arguments()).anyMatch(a -> a == v);
            if (uses && needed[user] && !isAlongLast(user)) {
                return true;
            }
        }
        return false;
    }

    /** True if a value differs along the last axis, which is reduced, but not along the lanes. */
    boolean isAlongLast(int v) {
        return isFull(v) && isUniform(v) && depth(v) == space.rank();
    }

    /** Number of loops, from the outermost on, that a value is inside of. */
    int depth(int v) {
        return Math.max(64 - Long.numberOfLeadingZeros(axes[v]), stage[v] > 0 ? space.kept() : 0);
    }

    /** Number of passes over the row after which a value is known. */
    int stage(int v) {
        return stage[v];
    }

    /** True if a value is kept in scratch memory by the first pass that computes it. */
    boolean isKept(int v) {
        return kept[v];
    }

    /** The first pass that computes a full-level value. */
    int firstPass(int v) {
        return firstPass[v];
    }

    /** The full-level values that a pass computes or takes from scratch memory, in order. */
    List<Integer> computed(int pass) {
        return computed.get(pass);
    }

    int passes() {
        return passes;
    }
}
