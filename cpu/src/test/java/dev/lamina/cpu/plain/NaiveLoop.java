package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Philox;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Runs a fused loop one value after the other, one element after the other: what a kernel has to agree with. */
public final class NaiveLoop {
    private final Task.Loop loop;
    private final MemorySegment[] buffers;
    private final int size;
    private final int row;
    private final List<double[]> doubles = new ArrayList<>();
    private final List<long[]> longs = new ArrayList<>();

    private NaiveLoop(Task.Loop loop, MemorySegment[] buffers) {
        this.loop = loop;
        this.buffers = buffers;
        int product = 1;
        int trailing = 1;
        for (int d = 0; d < loop.dims().length; d++) {
            product *= loop.dims()[d];
            trailing *= d >= loop.dims().length - loop.reduced() ? loop.dims()[d] : 1;
        }
        size = product;
        row = trailing;
    }

    /** Runs a loop. */
    public static void run(Task.Loop loop, MemorySegment[] buffers) {
        NaiveLoop naive = new NaiveLoop(loop, buffers);
        for (Task.Value value : loop.values()) {
            naive.doubles.add(new double[naive.size]);
            naive.longs.add(new long[naive.size]);
            naive.compute(value);
        }
        for (Task.Store store : loop.stores()) {
            naive.store(store);
        }
    }

    private long place(long offset, long[] strides, int position) {
        long place = offset;
        int rest = position;
        for (int d = strides.length - 1; d >= 0; d--) {
            place += rest % loop.dims()[d] * strides[d];
            rest /= loop.dims()[d];
        }
        return place;
    }

    private void set(DType dtype, int i, double value, long whole) {
        if (dtype.isFloat()) {
            doubles.getLast()[i] = dtype.round(value);
        } else {
            longs.getLast()[i] = dtype.wrap(whole);
        }
    }

    private void compute(Task.Value value) {
        DType dtype = value.dtype();
        for (int i = 0; i < size; i++) {
            switch (value) {
                case Task.Load load -> {
                    MemorySegment from = buffers[load.access().buffer()];
                    long at = place(load.access().offset(), load.access().strides(), i);
                    set(dtype, i, Elements.get(from, dtype, at), Elements.getLong(from, dtype, at));
                }
                case Task.Constant constant -> set(dtype, i, constant.value(), (long) constant.value());
                case Task.Position position -> set(dtype, i, 0, place(position.offset(), position.strides(), i));
                case Task.Uniform uniform -> set(dtype, i, uniform(uniform, i), 0);
                case Task.Apply apply -> apply(apply, i);
                case Task.Fold fold -> fold(fold, i);
            }
        }
    }

    private double uniform(Task.Uniform uniform, int i) {
        int[] words = new int[4];
        boolean single = uniform.dtype() == DType.F32;
        int perBlock = single ? 4 : 2;
        long position = place(uniform.offset(), uniform.strides(), i);
        long seed = Elements.getLong(
                buffers[uniform.seed().buffer()], DType.I64, uniform.seed().offset());
        Philox.block(seed, uniform.stream(), position / perBlock, words, 0);
        int at = (int) (position % perBlock);
        return single ? Philox.toFloat(words[at]) : Philox.toDouble(words[2 * at], words[2 * at + 1]);
    }

    private double number(int value, int i) {
        return loop.values().get(value).dtype().isFloat() ? doubles.get(value)[i] : longs.get(value)[i];
    }

    private long whole(int value, int i) {
        return loop.values().get(value).dtype().isFloat() ? (long) doubles.get(value)[i] : longs.get(value)[i];
    }

    private void apply(Task.Apply apply, int i) {
        DType to = apply.dtype();
        boolean floats = loop.values().get(apply.a()).dtype().isFloat();
        if (apply.op() == Elementwise.CAST) {
            long whole = to == DType.BOOL ? (number(apply.a(), i) != 0 ? 1 : 0) : whole(apply.a(), i);
            set(to, i, number(apply.a(), i), whole);
        } else if (apply.op() == Elementwise.WHERE) {
            int chosen = whole(apply.a(), i) != 0 ? apply.b() : apply.c();
            set(to, i, number(chosen, i), whole(chosen, i));
        } else {
            int b = apply.b() < 0 ? apply.a() : apply.b();
            double result = floats ? apply.op().apply(number(apply.a(), i), number(b, i), 0.0) : 0;
            long wholeResult = floats ? (long) result : apply.op().apply(whole(apply.a(), i), whole(b, i), 0L);
            set(to, i, result, wholeResult);
        }
    }

    private void fold(Task.Fold fold, int i) {
        int start = i / row * row;
        if (i > start) {
            doubles.getLast()[i] = doubles.getLast()[start];
            longs.getLast()[i] = longs.getLast()[start];
            return;
        }
        boolean floats = loop.values().get(fold.a()).dtype().isFloat();
        double sum = 0;
        long total = 0;
        int best = start;
        for (int k = start; k < start + row; k++) {
            sum += number(fold.a(), k);
            total += whole(fold.a(), k);
            best = better(fold, floats, k, best) ? k : best;
        }
        switch (fold.kind()) {
            case SUM -> set(fold.dtype(), i, sum, total);
            case MAX, MIN -> set(fold.dtype(), i, number(fold.a(), best), whole(fold.a(), best));
            case ARGMAX, ARGMIN -> set(fold.dtype(), i, 0, best - start);
        }
    }

    private boolean better(Task.Fold fold, boolean floats, int k, int best) {
        boolean larger = switch (fold.kind()) {
            case SUM, MAX, ARGMAX -> true;
            case MIN, ARGMIN -> false;
        };
        if (!floats) {
            return larger ? whole(fold.a(), k) > whole(fold.a(), best) : whole(fold.a(), k) < whole(fold.a(), best);
        }
        double a = number(fold.a(), k);
        double b = number(fold.a(), best);
        return !Double.isNaN(b) && (Double.isNaN(a) || (larger ? a > b : a < b));
    }

    private void store(Task.Store store) {
        Task.Access access = store.access();
        MemorySegment to = buffers[access.buffer()];
        for (int i = 0; i < size; i++) {
            long at = place(access.offset(), access.strides(), i);
            if (access.dtype().isFloat()) {
                Elements.set(to, access.dtype(), at, number(store.value(), i));
            } else {
                Elements.setLong(to, access.dtype(), at, whole(store.value(), i));
            }
        }
    }
}
