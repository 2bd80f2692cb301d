package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Reduce;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes the code of one fold. Each lane of each copy has a state of its own; where the lanes are neighbours of one row, they are
 * combined at the end, in a fixed order.
 *
 * <p>Sums of f32 with many terms per lane go on in double after each block of {@link #BLOCK} terms, so that the relative error stays
 * near 1e-7 for any length.
 */
final class FoldCode {
    /** Terms that are added up in f32 before the sum goes on in double. */
    static final int BLOCK = 64;

    private final KernelCode code;
    private final Reduce.Kind kind;
    private final DType from;
    private final DType to;
    private final Lane lane;
    private final boolean alongRows;
    private final boolean wide;
    private V[] state = {};
    private V[] total = {};
    private V[] other = {};

    /**
     * @param kind how elements are combined
     * @param from type of the elements
     * @param to type of the result
     * @param alongRows whether the lanes are combined at the end
     * @param terms number of elements that come into one lane
     */
    FoldCode(KernelCode code, Reduce.Kind kind, DType from, DType to, boolean alongRows, long terms) {
        this.code = code;
        this.kind = kind;
        this.from = from;
        this.to = to;
        this.alongRows = alongRows;
        lane = from == DType.BOOL ? Lane.I32 : Lane.of(from);
        wide = isWide(kind, from, terms);
    }

    private static boolean isWide(Reduce.Kind kind, DType from, long terms) {
        return kind == Reduce.Kind.SUM && from.isFloat() && Lane.of(from) == Lane.F32 && terms > 2 * BLOCK;
    }

    /** How a sum is kept from some rows to the next ones. */
    static DType totalType(Task.Loop loop, int fold, long terms) {
        Task.Fold of = (Task.Fold) loop.values().get(fold);
        DType from = loop.values().get(of.a()).dtype();
        return isWide(of.kind(), from, terms) ? DType.F64 : from == DType.BOOL ? DType.I32 : Plan.scratchType(from);
    }

    /** Makes the states of sums for some rows. */
    void startRows(int copies) {
        state = variables(identity(), copies);
    }

    /** A sum with the rows since then. */
    V plus(V sum, int copy) {
        return code.add(sum, wide ? code.convert(state[copy], Lane.F64) : state[copy]);
    }

    /** Where a sum starts. */
    V zero() {
        return wide ? code.constant(Lane.F64, 0.0) : identity();
    }

    /** The result of a sum. */
    V rounded(V sum) {
        return result(wide ? code.convert(sum, Lane.F32) : sum);
    }

    /** True if {@link #flush} has to be called after each block of terms. */
    boolean isWide() {
        return wide;
    }

    private boolean isPosition() {
        return switch (kind) {
            case ARGMAX, ARGMIN -> true;
            case SUM, MAX, MIN -> false;
        };
    }

    private boolean isSmallest() {
        return switch (kind) {
            case MIN, ARGMIN -> true;
            case SUM, MAX, ARGMAX -> false;
        };
    }

    private V identity() {
        boolean sum = kind == Reduce.Kind.SUM;
        return switch (lane) {
            case F32, F64 ->
                code.constant(lane, sum ? 0.0 : isSmallest() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY);
            case I32, BOOL -> code.constant(lane, sum ? 0L : isSmallest() ? Integer.MAX_VALUE : Integer.MIN_VALUE);
            case I64 -> code.constant(lane, sum ? 0L : isSmallest() ? Long.MAX_VALUE : Long.MIN_VALUE);
        };
    }

    /** Makes the states. */
    void start(int copies) {
        state = variables(identity(), copies);
        if (wide) {
            total = variables(code.constant(Lane.F64, 0.0), copies);
        } else if (isPosition()) {
            other = variables(code.constant(Lane.I32, (long) Integer.MAX_VALUE), copies);
        } else if (kind != Reduce.Kind.SUM && hasNan()) {
            other = variables(code.constant(Lane.BOOL, 0L), copies);
        }
    }

    private boolean hasNan() {
        return lane == Lane.F32 || lane == Lane.F64;
    }

    private V[] variables(V initial, int count) {
        V[] made = new V[count];
        Arrays.setAll(made, i -> code.variable(initial));
        return made;
    }

    /**
     * Takes in elements.
     *
     * @param tail which lanes count; null if all do
     * @param position index in the row, I32, if the fold gives a position
     */
    void add(int copy, V element, @Nullable Tail tail, @Nullable V position) {
        V x = from == DType.BOOL ? code.convert(element, Lane.I32) : element;
        if (tail != null && alongRows) {
            x = code.select(tail.mask(), x, identity());
        }
        if (position != null) {
            place(copy, x, position);
            return;
        }
        switch (kind) {
            case SUM -> code.assign(state[copy], code.add(state[copy], x));
            case MAX -> code.assign(state[copy], code.fastMax(x, state[copy]));
            case MIN -> code.assign(state[copy], code.fastMin(x, state[copy]));
            case ARGMAX, ARGMIN -> throw new IllegalStateException(kind + " without positions");
        }
        if (kind != Reduce.Kind.SUM && hasNan()) {
            code.assign(other[copy], code.or(other[copy], code.isNan(x)));
        }
    }

    /** Takes elements that come before the ones in the state; of equal ones the earlier stays. */
    private void place(int copy, V x, V position) {
        V best = state[copy];
        V better = isSmallest() ? code.less(x, best) : code.less(best, x);
        if (hasNan()) {
            better = code.or(better, code.andNot(code.isNan(x), code.isNan(best)));
        }
        code.assign(other[copy], code.select(better, position, other[copy]));
        code.assign(state[copy], code.select(better, x, best));
    }

    /** Ends a block of terms. */
    void flush() {
        for (int i = 0; wide && i < state.length; i++) {
            code.assign(total[i], code.add(total[i], code.convert(state[i], Lane.F64)));
            code.assign(state[i], identity());
        }
    }

    /** The results, one per copy; along rows a single one. */
    V[] finish() {
        flush();
        if (isPosition()) {
            return new V[] {position()};
        }
        V[] all = wide ? total : state.clone();
        if (alongRows) {
            all = new V[] {acrossLanes(together(all))};
        }
        V[] nans = alongRows && other.length > 0 ? new V[] {anywhere()} : other;
        for (int i = 0; i < nans.length; i++) {
            all[i] = code.select(nans[i], code.constant(lane, Double.NaN), all[i]);
        }
        for (int i = 0; i < all.length; i++) {
            all[i] = result(wide ? code.convert(all[i], Lane.F32) : all[i]);
        }
        return all;
    }

    /** True in all lanes if there was a NaN in one. */
    private V anywhere() {
        V any = other[0];
        for (int i = 1; i < other.length; i++) {
            any = code.or(any, other[i]);
        }
        V bits = code.splat(Lane.I32, code.laneBits(any));
        return code.notEqual(bits, code.constant(Lane.I32, 0L));
    }

    private V result(V x) {
        return from == DType.BOOL ? code.cast(x, DType.I32, DType.BOOL) : code.fit(x, to);
    }

    /** All copies as one: neighbours first, then pairs of them, and so on. */
    private V together(V[] all) {
        V[] now = all;
        while (now.length > 1) {
            V[] half = new V[(now.length + 1) / 2];
            for (int i = 0; i < half.length; i++) {
                half[i] = 2 * i + 1 < now.length ? combine(now[2 * i], now[2 * i + 1]) : now[2 * i];
            }
            now = half;
        }
        return now[0];
    }

    private V combine(V a, V b) {
        return switch (kind) {
            case SUM -> code.add(a, b);
            case MAX, ARGMAX -> code.fastMax(a, b);
            case MIN, ARGMIN -> code.fastMin(a, b);
        };
    }

    private V acrossLanes(V x) {
        return switch (kind) {
            case SUM -> code.sumOfLanes(x);
            case MAX -> code.fastMaxOfLanes(x);
            case MIN -> code.fastMinOfLanes(x);
            case ARGMAX -> code.maxOfLanes(x);
            case ARGMIN -> code.minOfLanes(x);
        };
    }

    /** The position of the best element; if none was better than the identity, all are equal, and the first is meant. */
    private V position() {
        V found = other[0];
        V none = code.constant(Lane.I32, (long) Integer.MAX_VALUE);
        if (alongRows) {
            V best = acrossLanes(state[0]);
            V hit = code.equal(state[0], best);
            hit = hasNan() ? code.or(hit, code.isNan(state[0])) : hit;
            found = code.minOfLanes(code.select(hit, found, none));
        }
        found = code.select(code.equal(found, none), code.constant(Lane.I32, 0L), found);
        return code.convert(found, Lane.I64);
    }
}
