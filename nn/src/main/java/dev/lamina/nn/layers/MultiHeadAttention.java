package dev.lamina.nn.layers;

import dev.lamina.core.Attention;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention (Vaswani and others, "Attention is all you need", 2017): queries, keys and values are projected for each of H heads, each
 * query takes the mean of the values with weights softmax(q k^T / sqrt(D)), and the heads together are projected once more.
 *
 * <p>Inputs: queries (N, T, C) alone (self-attention); queries and (N, S, C2), from which keys and values are made (cross-attention);
 * queries, keys (N, S, C2) and values (N, S, C3); and as a fourth one a mask that broadcasts to (N, H, T, S): bool, true where a query may
 * attend to a key, or numbers that are added to the scores. Output (N, T, C), and with {@link #returnWeights} the weights (N, H, T, S). A mask of
 * the keys' input leaves out masked keys.
 *
 * <p>Variables: {@code query}, {@code key}, {@code value} and {@code output}, each with {@code kernel} (in, out) and {@code bias}; columns of a
 * projection are head after head.
 */
public final class MultiHeadAttention extends Layer {
    private final int heads;
    private int keyHeads;
    private int headWidth;
    private boolean causal;
    private boolean bias = true;
    private boolean alibi;
    private boolean returnsWeights;
    private double dropout;
    private @Nullable RotaryEmbedding rotary;
    private @Nullable Dense query;
    private @Nullable Dense key;
    private @Nullable Dense value;
    private @Nullable Dense output;

    /** A layer with so many heads; together they are as wide as the queries. */
    public MultiHeadAttention(int heads) {
        if (heads < 1) {
            throw new LaminaException(
                    "multiHeadAttention: expected 1 or more heads, got " + heads + "; C / 64 is usual");
        }
        this.heads = heads;
        keyHeads = heads;
    }

    /** Fewer heads of keys and values, each of which serves several heads of queries (Ainslie and others, "GQA", 2023). */
    public MultiHeadAttention keyHeads(int count) {
        requireNotBuilt("keyHeads");
        if (count < 1 || heads % count != 0) {
            throw new LaminaException("multiHeadAttention: expected a number of key heads that divides " + heads
                    + ", got " + count + "; 1 is multi-query attention");
        }
        keyHeads = count;
        return this;
    }

    /** Columns of a head, in place of C / heads. */
    public MultiHeadAttention headWidth(int columns) {
        requireNotBuilt("headWidth");
        headWidth = columns;
        return this;
    }

    /** A position attends to itself and the ones before only. */
    public MultiHeadAttention causal() {
        requireNotBuilt("causal");
        causal = true;
        return this;
    }

    /** Leaves all biases out. */
    public MultiHeadAttention noBias() {
        requireNotBuilt("noBias");
        bias = false;
        return this;
    }

    /** Dropout of weights in training; the weights are then a matrix in memory. */
    public MultiHeadAttention dropout(double probability) {
        requireNotBuilt("dropout");
        dropout = new Dropout(probability).probability();
        return this;
    }

    /** Turns queries and keys by their positions. */
    public MultiHeadAttention rotary(RotaryEmbedding embedding) {
        requireNotBuilt("rotary");
        rotary = embedding;
        return this;
    }

    /**
     * Lowers scores by the distance of query and key, head by head more (Press and others, "Train short, test long", 2022). With
     * {@link #causal} only the position of the key is added, which changes no weight and needs no matrix; its sums are then exact to 2^-24 of
     * the length.
     */
    public MultiHeadAttention alibi() {
        requireNotBuilt("alibi");
        alibi = true;
        return this;
    }

    /** Gives the weights as a second output. */
    public MultiHeadAttention returnWeights() {
        requireNotBuilt("returnWeights");
        returnsWeights = true;
        return this;
    }

    @Override
    protected void build(List<Shape> inputs) {
        Shape q = inputs.getFirst();
        inputs.stream().limit(3).forEach(shape -> Positions.requireSequence("multiHeadAttention", shape));
        if (headWidth == 0 && q.dim(2) % heads != 0) {
            throw new ShapeException("multiHeadAttention: expected queries (N, T, C) where " + heads
                    + " heads divide C, got " + q + "; choose another number of heads, or headWidth()");
        }
        int width = headWidth > 0 ? headWidth : q.dim(2) / heads;
        query = child("query", dense(heads * width));
        key = child("key", dense(keyHeads * width));
        value = child("value", dense(keyHeads * width));
        output = child("output", dense(q.dim(2)));
        if (rotary != null) {
            child("rotary", rotary);
        }
    }

    private Dense dense(int units) {
        Dense dense = new Dense(units);
        return bias ? dense : dense.noBias();
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        Tensor queries = inputs.getFirst();
        Tensor keys = inputs.size() > 1 ? inputs.get(1) : queries;
        Tensor values = inputs.size() > 2 ? inputs.get(2) : keys;
        check(queries, keys, values);
        Tensor q = turned(split(part(query), queries, heads));
        Tensor k = turned(split(part(key), keys, keyHeads));
        Tensor v = split(part(value), values, keyHeads);
        Attention attention =
                dropout > 0 && training() ? Attention.plain().dropout(dropout, random()) : Attention.plain();
        if (inputs.size() > 3) {
            attention = attention.mask(inputs.get(3));
        }
        Optional<KeyValueCache> cache = inputs.size() == 1 ? KeyValueCache.current() : Optional.empty();
        if (cache.isPresent()) {
            if (!causal) {
                throw new LaminaException(
                        "multiHeadAttention: expected causal attention with a cache of keys and values,"
                                + " got one to all positions; make the layer with causal()");
            }
            KeyValueCache.Known all = cache.get().extend(this, k, v, mask(keys));
            k = all.keys();
            v = all.values();
            attention = attention.mask(all.mask());
        } else {
            attention = causal ? attention.causal() : attention;
            Optional<Tensor> real = mask(keys);
            attention =
                    real.isPresent() ? attention.mask(real.get().unsqueeze(1).unsqueeze(1)) : attention;
        }
        if (alibi) {
            attention = attention.mask(distances(q.dim(2), k.dim(2)).cast(q.dtype()));
        }
        Tensor joined = attention.of(q, k, v).permute(0, 2, 1, 3);
        Tensor y = part(output).apply(joined.reshape(queries.shape().with(2, heads * q.dim(3))));
        return returnsWeights ? List.of(y, attention.weights(q, k)) : List.of(y);
    }

    private static void check(Tensor queries, Tensor keys, Tensor values) {
        boolean fits = queries.rank() == 3 && keys.rank() == 3 && values.rank() == 3;
        if (!fits
                || keys.dim(0) != queries.dim(0)
                || !values.shape().range(0, 2).equals(keys.shape().range(0, 2))) {
            throw new ShapeException(
                    "multiHeadAttention: expected queries (N, T, C), keys (N, S, C2) and values (N, S, C3), got "
                            + queries.shape() + ", " + keys.shape() + " and " + values.shape()
                            + "; queries and keys need as many examples, keys and values as many positions");
        }
    }

    private static Dense part(@Nullable Dense dense) {
        return Objects.requireNonNull(dense, "built");
    }

    /** (N, T, C) projected to (N, H, T, D). */
    private static Tensor split(Dense projection, Tensor x, int heads) {
        Tensor y = projection.apply(x);
        return y.reshape(Shape.of(x.dim(0), x.dim(1), heads, projection.units() / heads))
                .permute(0, 2, 1, 3);
    }

    private Tensor turned(Tensor x) {
        return rotary == null ? x : rotary.apply(x);
    }

    /** What ALiBi adds to the scores, (H, 1, S) or (H, T, S). */
    private Tensor distances(int queries, int keys) {
        Tensor slopes = Tensor.of(slopes(heads)).reshape(heads, 1, 1);
        Tensor position = Tensor.arange(keys);
        if (!causal) {
            position = position.sub(Tensor.arange(queries).reshape(queries, 1))
                    .abs()
                    .neg();
        }
        return slopes.mul(position.toF64());
    }

    /** 2^(-8 i / H) for head i from 1 on; where H is no power of two, those of the next lower one and every second one of twice as many. */
    static double[] slopes(int heads) {
        int power = Integer.highestOneBit(heads);
        double[] slopes = new double[heads];
        for (int i = 0; i < heads; i++) {
            double step = i < power ? (i + 1.0) / power : (2 * (i - power) + 1.0) / (2 * power);
            slopes[i] = Math.pow(2, -8 * step);
        }
        return slopes;
    }

    @Override
    public Optional<Config> config() {
        Config config = Config.of("multiHeadAttention")
                .with("heads", heads)
                .with("keyHeads", keyHeads)
                .with("headWidth", headWidth)
                .with("causal", causal)
                .with("bias", bias)
                .with("alibi", alibi)
                .with("returnWeights", returnsWeights)
                .with("dropout", dropout);
        return rotary == null ? Optional.of(config) : rotary.config().map(turn -> config.with("rotary", turn));
    }

    /** Made again from its description. */
    public static MultiHeadAttention of(Config config) {
        MultiHeadAttention layer = new MultiHeadAttention(config.integer("heads"))
                .keyHeads(config.integer("keyHeads"))
                .headWidth(config.integer("headWidth"))
                .dropout(config.number("dropout"));
        layer.causal = config.flag("causal");
        layer.bias = config.flag("bias");
        layer.alibi = config.flag("alibi");
        layer.returnsWeights = config.flag("returnWeights");
        return config.has("rotary") ? layer.rotary(RotaryEmbedding.of(config.config("rotary"))) : layer;
    }

    /** What PyTorch's {@code nn.MultiheadAttention} calls the variables of this layer. */
    List<TorchWeights.Entry> torch(String prefix, boolean stacked) {
        List<TorchWeights.Entry> entries = new ArrayList<>();
        String[] names = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
        Dense[] projections = {part(query), part(key), part(value)};
        for (int i = 0; i < 3; i++) {
            Dense dense = projections[i];
            String name = prefix + (stacked ? "in_proj_weight" : names[i]);
            entries.add(TorchWeights.Entry.turned(dense.kernel(), name, stacked ? i : 0));
            if (bias) {
                entries.add(TorchWeights.Entry.plain(dense.bias(), prefix + "in_proj_bias", i));
            }
        }
        entries.addAll(TorchWeights.linear(part(output), prefix + "out_proj.", bias));
        return entries;
    }
}
