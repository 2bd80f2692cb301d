package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.core.op.Scatter;
import dev.lamina.nn.Layer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What causal self-attention has seen of a sequence, so that a model that generates it looks at each position once.
 *
 * {@snippet :
 * KeyValueCache cache = new KeyValueCache(256);
 * Tensor y = cache.apply(decoder, prompt);      // (N, T, C)
 * y = cache.apply(decoder, next);               // (N, 1, C), attends to the prompt as well
 * }
 *
 * <p>While it is applied, every {@link MultiHeadAttention} of one input keeps its keys and values here, and layers that know positions
 * count on. The number of positions seen is data, not structure: a plan serves all steps with as many new positions. Results are
 * those of the whole sequence at once, up to the rounding of sums in another order. Not safe for use by several threads.
 */
public final class KeyValueCache {
    private static final ScopedValue<KeyValueCache> CURRENT = ScopedValue.newInstance();

    private final int capacity;
    private final Map<Layer, Entry> entries = new LinkedHashMap<>();
    private final Map<Variable, Tensor> updates = new LinkedHashMap<>();
    private int length;
    private Tensor start = Tensor.scalar(0L);

    /** What a layer keeps: (N, G, capacity, D) each. */
    private record Entry(Variable keys, Variable values, Variable real) {}

    /** Keys and values with the new ones, (N, G, capacity, D) each, and where queries may attend, (N, 1, T, capacity). */
    record Known(Tensor keys, Tensor values, Tensor mask) {}

    /** A cache of so many positions. */
    public KeyValueCache(int capacity) {
        if (capacity < 1) {
            throw new LaminaException("keyValueCache: expected a capacity of 1 or more, got " + capacity
                    + "; pass the longest sequence to generate");
        }
        this.capacity = capacity;
    }

    /** The cache of the running call. */
    static Optional<KeyValueCache> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Positions that there is room for. */
    public int capacity() {
        return capacity;
    }

    /** Positions seen so far. */
    public int length() {
        return length;
    }

    /** Forgets the sequence; the memory is used again for one of as many examples. */
    public void clear() {
        length = 0;
    }

    /**
     * The output of a model for the next positions (N, T, ...) or (N, T).
     *
     * @throws ShapeException if there is no room for them
     */
    public Tensor apply(Layer model, Tensor x) {
        return step(x.dim(1), () -> model.apply(x));
    }

    /** The same for any computation with so many new positions. */
    public Tensor step(int count, Supplier<Tensor> body) {
        if (count < 1 || length + count > capacity) {
            throw new ShapeException("keyValueCache: expected 1 to " + (capacity - length) + " new positions after "
                    + length + " of " + capacity + ", got " + count + "; make a larger cache or call clear()");
        }
        start = Tensor.scalar((long) length);
        updates.clear();
        Tensor result = ScopedValue.where(CURRENT, this).call(body::get);
        Variable.assignAll(updates, List.of(result));
        updates.clear();
        length += count;
        return result;
    }

    /** Rows of a table of positions (capacity, W) from the first new one on: (count, W). */
    Tensor rows(Tensor table, int count) {
        return table.indexSelect(0, Tensor.arange(count).add(start));
    }

    /** True where a new position may attend: (count, capacity). */
    private Tensor before(int count) {
        Tensor last = Tensor.arange(count).add(start).reshape(count, 1);
        return Tensor.arange(capacity).le(last);
    }

    /** Takes the keys and values (N, G, T, D) of new positions, of which a mask (N, T) may leave some out, also later. */
    Known extend(Layer layer, Tensor keys, Tensor values, Optional<Tensor> mask) {
        Entry entry = entries.get(layer);
        if (entry == null || entry.keys.shape().dim(0) != keys.dim(0)) {
            if (length > 0) {
                throw new ShapeException("keyValueCache: expected "
                        + (entry == null
                                ? "a layer seen from the start"
                                : entry.keys.shape().dim(0) + " examples") + ", got keys " + keys.shape()
                        + "; call clear() before another batch");
            }
            entry = new Entry(empty("keys", keys), empty("values", values), empty("mask", one(keys)));
            entries.put(layer, entry);
        }
        Tensor shares = mask.map(real -> real.cast(keys.dtype()).reshape(keys.dim(0), 1, keys.dim(2), 1))
                .orElseGet(() -> Tensor.full(keys.dtype(), 1, one(keys).shape()));
        Tensor counts = updated(entry.real, shares).ne(0).reshape(keys.dim(0), 1, 1, capacity);
        return new Known(
                updated(entry.keys, keys), updated(entry.values, values), counts.logicalAnd(before(keys.dim(2))));
    }

    /** The first column of the first list. */
    private static Tensor one(Tensor keys) {
        return keys.narrow(1, 0, 1).narrow(3, 0, 1);
    }

    private Variable empty(String name, Tensor like) {
        Shape shape = like.shape().with(2, capacity);
        return Variable.of("cache/" + name, Tensor.zeros(like.dtype(), shape));
    }

    private Tensor updated(Variable variable, Tensor rows) {
        Shape shape = variable.shape();
        int lists = shape.dim(0) * shape.dim(1);
        int count = rows.dim(2);
        int width = shape.dim(3);
        Tensor first = Tensor.arange(DType.I64, lists).mul(capacity).reshape(lists, 1);
        Tensor index = first.add(Tensor.arange(count)).add(start).flatten();
        Tensor all = variable.value().reshape(lists * capacity, width);
        Tensor result = all.scatterRows(Scatter.Kind.SET, index, rows.reshape(lists * count, width))
                .reshape(shape);
        updates.put(variable, result);
        return result;
    }
}
