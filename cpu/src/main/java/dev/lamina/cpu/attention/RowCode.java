package dev.lamina.cpu.attention;

import dev.lamina.core.DType;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes what happens to rows of a block of scores between two products. Each piece of code has the arguments: workspace ({@link Layout}),
 * rows and columns ({@code rows | columns << 32}), number of keys that the first row may see (one more for each further row of a causal
 * attention; those beyond the block do not count), and another address.
 */
final class RowCode {
    /**
     * Where things are in a workspace, and what is known of all blocks.
     *
     * @param scores bytes at which the block of scores begins
     * @param scoreRow bytes from row to row of it; whole vectors, and room for one more
     * @param gradients bytes at which the block of gradients begins
     * @param out bytes at which the block of sums of values begins; its rows are whole vectors
     * @param largest bytes at which the largest score of each row is
     * @param total bytes at which the sum of each row is
     * @param width columns of a value
     * @param scale of scores
     * @param causal whether rows see more and more keys
     */
    record Layout(
            long scores,
            long scoreRow,
            long gradients,
            long out,
            long largest,
            long total,
            int width,
            double scale,
            boolean causal) {
        /** Bytes from row to row of the sums of values. */
        long outRow() {
            return Math.ceilDiv(width, 16) * 64L;
        }
    }

    /** Accumulators of the largest score: a chain of maxima has to wait for each. */
    private static final int CHAINS = 4;

    private final KernelCode code;
    private final Layout layout;
    private final Optional<Operand> bias;
    private final int lanes;
    private final V scale;
    private final V never;

    private RowCode(int bits, Layout layout, Optional<Operand> bias) {
        code = new KernelCode(bits);
        this.layout = layout;
        this.bias = bias;
        lanes = code.lanes();
        for (int i = 0; i < 4; i++) {
            code.argument(i);
        }
        scale = code.constant(Lane.F32, layout.scale());
        never = code.constant(Lane.F32, Double.NEGATIVE_INFINITY);
    }

    /**
     * The softmax of rows so far: scores become exp(score - largest so far), and what was summed up before is brought to the same
     * scale. The fourth argument is the address of the bias.
     *
     * @param first whether this is the first block of the rows
     */
    static Assembler softmax(int bits, Layout layout, Optional<Operand> bias, boolean first) {
        RowCode rows = new RowCode(bits, layout, bias);
        rows.softmax(first);
        return rows.code.assemble();
    }

    /**
     * The end of rows: the output at the address of the fourth argument, and the logarithm of the sums at the third.
     *
     * @param out the output
     * @param sums the logarithms
     */
    static Assembler finish(int bits, Layout layout, Operand out, Operand sums) {
        RowCode rows = new RowCode(bits, layout, Optional.empty());
        rows.finish(out.row(), sums.row());
        return rows.code.assemble();
    }

    /**
     * Scores become probabilities, and products of upstream gradient and values become gradients of products of queries and keys. The
     * fourth argument is the address of three addresses: of the sums, the deltas and the bias.
     */
    static Assembler gradient(int bits, Layout layout, Optional<Operand> bias, Operand sums, Operand delta) {
        RowCode rows = new RowCode(bits, layout, bias);
        rows.gradient(sums.row(), delta.row());
        return rows.code.assemble();
    }

    // ---------------------------------------------------------------- softmax

    private void softmax(boolean first) {
        R base = code.argument(0);
        R columns = code.shiftRight(code.argument(1), 32);
        R score = code.variable(code.add(base, layout.scores()));
        R out = code.variable(code.add(base, layout.out()));
        R state = code.variable(base);
        R added = code.variable(code.argument(3));
        R seen = code.variable(code.argument(2));
        code.loop(0, code.and(code.argument(1), 0x7fffffff), 1);
        R count = code.min(columns, seen);
        R whole = code.and(count, -lanes);
        V block = largest(score, added, count, whole);
        V before = first ? never : code.broadcast(DType.F32, At.of(state, (int) layout.largest()));
        V largest = first ? block : code.fastMax(block, before);
        V safe = code.select(code.equal(largest, never), code.constant(Lane.F32, 0.0), largest);
        code.storeFirst(DType.F32, At.of(state, (int) layout.largest()), largest);
        V sum = code.sumOfLanes(exponentials(score, added, count, whole, safe));
        clear(score, count, columns);
        if (!first) {
            V factor = exp(code.sub(before, safe));
            V total = code.broadcast(DType.F32, At.of(state, (int) layout.total()));
            sum = code.fma(total, factor, sum);
            R i = code.loop(0, layout.outRow(), 4L * lanes);
            At at = At.of(out, i, 1);
            code.store(DType.F32, at, code.mul(code.load(DType.F32, at, null), factor), null);
            code.endLoop();
            code.increase(out, layout.outRow());
        }
        code.storeFirst(DType.F32, At.of(state, (int) layout.total()), sum);
        code.increase(state, Float.BYTES);
        next(score, added, seen);
        code.endLoop();
    }

    private void next(R score, R added, R seen) {
        code.increase(score, layout.scoreRow());
        bias.ifPresent(window -> code.increase(added, window.row()));
        if (layout.causal()) {
            code.increase(seen, 1);
        }
    }

    /** The largest score of a row, in all lanes; of none minus infinity. */
    private V largest(R score, R added, R count, R whole) {
        V[] most = new V[CHAINS];
        for (int c = 0; c < CHAINS; c++) {
            most[c] = code.variable(never);
        }
        R i = code.loop(0, code.add(whole, (1L - CHAINS) * lanes), (long) CHAINS * lanes);
        for (int c = 0; c < CHAINS; c++) {
            code.assign(most[c], code.fastMax(value(score, added, i, c, null), most[c]));
        }
        code.endLoop();
        R rest = code.loop(i, whole, lanes);
        code.assign(most[0], code.fastMax(value(score, added, rest, 0, null), most[0]));
        code.endLoop();
        tail(whole, count, tail -> {
            V x = code.select(tail.mask(), value(score, added, whole, 0, tail), never);
            code.assign(most[0], code.fastMax(x, most[0]));
        });
        V both = code.fastMax(code.fastMax(most[0], most[1]), code.fastMax(most[2], most[3]));
        return code.fastMaxOfLanes(both);
    }

    /** Puts exp(score - largest) in the place of scores, and 0 into the lanes behind the last. Returns the sums of the lanes. */
    private V exponentials(R score, R added, R count, R whole, V largest) {
        V sum = code.variable(code.constant(Lane.F32, 0.0));
        R i = code.loop(0, whole, lanes);
        V p = exp(code.sub(value(score, added, i, 0, null), largest));
        code.assign(sum, code.add(sum, p));
        code.store(DType.F32, At.of(score, i, 4), p, null);
        code.endLoop();
        tail(whole, count, tail -> {
            V x = code.sub(value(score, added, whole, 0, tail), largest);
            V last = exp(code.select(tail.mask(), x, never));
            code.assign(sum, code.add(sum, last));
            code.store(DType.F32, At.of(score, whole, 4), last, null);
        });
        return sum;
    }

    // ---------------------------------------------------------------- end of rows

    private void finish(long outStride, long sumStride) {
        R base = code.argument(0);
        R out = code.variable(code.add(base, layout.out()));
        R state = code.variable(base);
        R sums = code.variable(code.argument(2));
        R to = code.variable(code.argument(3));
        V zero = code.constant(Lane.F32, 0.0);
        V one = code.constant(Lane.F32, 1.0);
        code.loop(0, code.and(code.argument(1), 0x7fffffff), 1);
        V total = code.broadcast(DType.F32, At.of(state, (int) layout.total()));
        V largest = code.broadcast(DType.F32, At.of(state, (int) layout.largest()));
        V none = code.equal(total, zero);
        V factor = code.select(none, zero, code.div(one, total));
        int whole = layout.width() / lanes * lanes;
        if (whole > 0) {
            R i = code.loop(0, 4L * whole, 4L * lanes);
            code.store(
                    DType.F32, At.of(to, i, 1), code.mul(code.load(DType.F32, At.of(out, i, 1), null), factor), null);
            code.endLoop();
        }
        if (whole < layout.width()) {
            V last = code.mul(code.load(DType.F32, At.of(out, 4 * whole), null), factor);
            code.store(DType.F32, At.of(to, 4 * whole), last, code.tail(layout.width() - whole));
        }
        V log = code.add(largest, code.apply(Elementwise.LOG, DType.F32, total, null, null));
        V infinite = code.constant(Lane.F32, Double.POSITIVE_INFINITY);
        code.storeFirst(DType.F32, At.of(sums), code.select(none, infinite, log));
        code.increase(out, layout.outRow());
        code.increase(state, Float.BYTES);
        code.increase(sums, sumStride);
        code.increase(to, outStride);
        code.endLoop();
    }

    // ---------------------------------------------------------------- gradient

    private void gradient(long sumRow, long deltaRow) {
        R base = code.argument(0);
        R columns = code.shiftRight(code.argument(1), 32);
        R addresses = code.argument(3);
        R score = code.variable(code.add(base, layout.scores()));
        R sums = code.variable(code.load(At.of(addresses, 0)));
        R deltas = code.variable(code.load(At.of(addresses, 8)));
        R added = code.variable(code.load(At.of(addresses, 16)));
        R seen = code.variable(code.argument(2));
        int apart = (int) (layout.gradients() - layout.scores());
        code.loop(0, code.and(code.argument(1), 0x7fffffff), 1);
        R count = code.max(code.min(columns, seen), code.integer(0));
        R whole = code.and(count, -lanes);
        V sum = code.broadcast(DType.F32, At.of(sums));
        V delta = code.broadcast(DType.F32, At.of(deltas));
        V zero = code.constant(Lane.F32, 0.0);
        R i = code.loop(0, whole, lanes);
        V p = exp(code.sub(value(score, added, i, 0, null), sum));
        At at = At.of(score, i, 4);
        V ds = code.mul(code.mul(p, code.sub(code.load(DType.F32, at.plus(apart), null), delta)), scale);
        code.store(DType.F32, at, p, null);
        code.store(DType.F32, at.plus(apart), ds, null);
        code.endLoop();
        tail(whole, count, tail -> {
            At end = At.of(score, whole, 4);
            V x = code.sub(value(score, added, whole, 0, tail), sum);
            V last = code.select(tail.mask(), exp(x), zero);
            V dp = code.load(DType.F32, end.plus(apart), null);
            V gradient = code.mul(code.mul(last, code.sub(dp, delta)), scale);
            code.store(DType.F32, end, last, null);
            code.store(DType.F32, end.plus(apart), code.select(tail.mask(), gradient, zero), null);
        });
        clear(score, count, columns);
        clear(code.add(score, apart), count, columns);
        code.increase(sums, sumRow);
        code.increase(deltas, deltaRow);
        next(score, added, seen);
        code.endLoop();
    }

    // ---------------------------------------------------------------- parts

    private V exp(V x) {
        return code.weight(x);
    }

    /** The scaled scores with bias from column i + copy * lanes on. */
    private V value(R score, R added, R i, int copy, @Nullable Tail tail) {
        V raw = code.load(DType.F32, At.of(score, i, 4).plus(4 * lanes * copy), tail);
        if (bias.isEmpty()) {
            return code.mul(raw, scale);
        }
        long stride = bias.get().column();
        R from = code.add(added, code.mul(code.add(i, (long) lanes * copy), stride));
        V more = stride == 0
                ? code.broadcast(DType.F32, At.of(from))
                : code.loadStrided(DType.F32, At.of(from), stride, tail);
        return code.fma(raw, scale, more);
    }

    /** What is done with the lanes of the last vector, if it is cut off. */
    private void tail(R whole, R count, Consumer<Tail> body) {
        code.when(whole, KernelCode.Relation.LESS, count);
        body.accept(code.tail(code.sub(count, whole)));
        code.endWhen();
    }

    /** Zeros from the first whole vector behind the count on. */
    private void clear(R row, R count, R columns) {
        R from = code.and(code.add(count, lanes - 1), -lanes);
        R i = code.loop(from, columns, lanes);
        code.store(DType.F32, At.of(row, i, 4), code.constant(Lane.F32, 0.0), null);
        code.endLoop();
    }
}
