package dev.lamina.cpu.conv;

import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.V;
import org.jspecify.annotations.Nullable;

/**
 * Code that takes a band of f32 images through pooling or one of its gradients: a first walk over the positions of a window looks for the largest
 * element and remembers where it is, a second one reads or writes there. The third argument is an image of the other tensor of the shape of x: what
 * is written, or taken from.
 */
final class PoolingCode extends WindowLoops {
    private final Window.Pooling kind;
    private final boolean tiling;
    private final V none;

    private PoolingCode(Window.Pooling kind, PoolingWindows windows, int bits) {
        super(windows, bits);
        this.kind = kind;
        tiling = windows.isTiling();
        none = code.constant(Lane.F32, Double.NEGATIVE_INFINITY);
    }

    static Assembler write(Window.Pooling kind, PoolingWindows windows, int bits) {
        PoolingCode pooling = new PoolingCode(kind, windows, bits);
        if (windows.toInput() && !pooling.tiling) {
            pooling.clear(pooling.other);
        }
        pooling.band();
        return pooling.code.assemble();
    }

    @Override
    void window(R place, R output, R tap, Block block) {
        R from = code.add(x, place);
        At at = At.of(y, output, 1);
        R to = code.add(other, place);
        switch (kind) {
            case MAX -> block.store(at, largest(block, from));
            case SUM -> block.store(at, sum(block, from));
            case MAX_INPUT -> spread(block, at, to, places(block, from));
            case SUM_INPUT -> spread(block, at, to, null);
            case MAX_TAKEN -> block.store(at, taken(block, to, places(block, from)));
        }
    }

    private V[] largest(Block block, R from) {
        V[] best = block.variables(none);
        R at = walk();
        for (int v = 0; v < best.length; v++) {
            V next = block.load(At.of(from, at, 1), v);
            // The maximum of one NaN is its second operand.
            code.assign(best[v], code.select(code.isNan(next), next, code.fastMax(next, best[v])));
        }
        endWalk();
        return best;
    }

    private V[] sum(Block block, R from) {
        V[] sum = block.variables(zero);
        R at = walk();
        for (int v = 0; v < sum.length; v++) {
            code.assign(sum[v], code.add(sum[v], block.load(At.of(from, at, 1), v)));
        }
        endWalk();
        return sum;
    }

    /** Where the first largest element is (the first NaN), in bytes from the first position. */
    private V[] places(Block block, R from) {
        V[] best = block.variables(none);
        V[] place = block.variables(code.constant(Lane.I32, 0L));
        R at = walk();
        V here = code.splat(Lane.I32, at);
        for (int v = 0; v < best.length; v++) {
            V next = block.load(At.of(from, at, 1), v);
            V larger = code.andNot(code.equal(best[v], best[v]), code.lessOrEqual(next, best[v]));
            code.assign(best[v], code.select(larger, next, best[v]));
            code.assign(place[v], code.select(larger, here, place[v]));
        }
        endWalk();
        return place;
    }

    /** Adds elements of y to one position of their windows, or without places to all. */
    private void spread(Block block, At output, R to, V @Nullable [] places) {
        V[] up = new V[block.vectors];
        for (int v = 0; v < up.length; v++) {
            up[v] = block.load(output, v);
        }
        R at = walkOwned(null);
        V here = places == null ? zero : code.splat(Lane.I32, at);
        for (int v = 0; v < up.length; v++) {
            V part = places == null ? up[v] : code.select(code.equal(places[v], here), up[v], zero);
            At target = At.of(to, at, 1);
            block.store(target, v, tiling ? part : code.add(block.load(target, v), part));
        }
        endWalk();
    }

    private V[] taken(Block block, R from, V[] places) {
        V[] taken = block.variables(zero);
        R at = walk();
        V here = code.splat(Lane.I32, at);
        for (int v = 0; v < taken.length; v++) {
            V value = block.load(At.of(from, at, 1), v);
            code.assign(taken[v], code.select(code.equal(places[v], here), value, taken[v]));
        }
        endWalk();
        return taken;
    }
}
