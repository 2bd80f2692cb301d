package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.V;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pairs sigmoid(x) and sigmoid(-x) of f32, both of which the gradient of a sigmoid wants: they share an exponential and a division. */
final class Sigmoids {
    private static final int NONE = -1;

    private final List<Task.Value> loop;

    /** For each value the other one of its pair, or {@link #NONE}. */
    private final int[] others;

    /** What has been computed with the other one of its pair. */
    private final @Nullable V[][] known;

    Sigmoids(List<Task.Value> loop, Values values, int copies) {
        this.loop = loop;
        others = new int[loop.size()];
        known = new V[loop.size()][copies];
        Arrays.fill(others, NONE);
        for (int v = 0; v < others.length; v++) {
            for (int w = 0; w < others.length && isSigmoid(v) && values.isNeeded(v); w++) {
                if (isSigmoid(w) && values.isNeeded(w) && isNegative(argument(w)) && negated(w) == argument(v)) {
                    others[v] = w;
                    others[w] = v;
                }
            }
        }
    }

    private boolean isSigmoid(int v) {
        return is(v, Elementwise.SIGMOID) && Lane.of(loop.get(v).dtype()) == Lane.F32;
    }

    private boolean isNegative(int v) {
        return is(v, Elementwise.NEG);
    }

    private boolean is(int v, Elementwise op) {
        return loop.get(v) instanceof Task.Apply apply && apply.op() == op;
    }

    private int argument(int v) {
        return loop.get(v).arguments()[0];
    }

    /** The x of sigmoid(-x). */
    private int negated(int v) {
        return argument(argument(v));
    }

    boolean isPaired(int v) {
        return others[v] != NONE;
    }

    /** The x that a pair is made of. */
    int base(int v) {
        return isNegative(argument(v)) && negated(v) == argument(others[v]) ? negated(v) : argument(v);
    }

    /** A value of a pair, whose x is given. */
    V of(int v, int copy, KernelCode code, V x) {
        V before = known[v][copy];
        if (before != null) {
            return before;
        }
        boolean turned = base(v) != argument(v);
        V[] both = code.sigmoids(x);
        known[others[v]][copy] = both[turned ? 0 : 1];
        return both[turned ? 1 : 0];
    }

    /** Forgets what was computed with a value. */
    void forget(int v) {
        if (isPaired(v)) {
            Arrays.fill(known[others[v]], null);
        }
    }
}
