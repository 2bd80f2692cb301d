package dev.lamina.core;

import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Scaled dot-product attention (Vaswani et al., "Attention is all you need", 2017): softmax(q k^T * scale + mask) v.
 *
 * <p>Queries are (B..., H, T, D), keys (B..., G, S, D), values (B..., G, S, E); the result is (B..., H, T, E). Two axes will do, and with three the
 * first is the batch. G divides H: with fewer heads of keys (grouped queries), query head h reads head h / (H / G). A query that
 * may attend to nothing gets zeros.
 *
 * {@snippet :
 * Tensor y = Attention.plain().causal().mask(isToken).of(q, k, v);
 * }
 *
 * <p>Immutable. The scores are not kept in memory, neither in the forward nor in the backward pass, where the backend has a kernel
 * for it, and without {@link #dropout}.
 */
public final class Attention {
    private static final Attention PLAIN = new Attention(false, List.of(), OptionalDouble.empty(), 0, Optional.empty());

    private final boolean causal;
    private final List<Tensor> masks;
    private final OptionalDouble scale;
    private final double dropout;
    private final Optional<Random> random;

    private Attention(
            boolean causal, List<Tensor> masks, OptionalDouble scale, double dropout, Optional<Random> random) {
        this.causal = causal;
        this.masks = masks;
        this.scale = scale;
        this.dropout = dropout;
        this.random = random;
    }

    /** Every query attends to every key; the scale is 1 / sqrt(D). */
    public static Attention plain() {
        return PLAIN;
    }

    /** Query i attends to keys 0 to i only. */
    public Attention causal() {
        return new Attention(true, masks, scale, dropout, random);
    }

    /**
     * A mask that broadcasts to (B..., H, T, S): bool, true where a query may attend to a key, or numbers that are added to the
     * scores. Several masks add up. For padding give (B, 1, 1, S).
     */
    public Attention mask(Tensor mask) {
        if (mask.dtype() != DType.BOOL && !mask.dtype().isFloat()) {
            throw new DTypeException("attention: expected a mask of bool or of a float type, got " + mask.dtype() + " "
                    + mask.shape() + "; compare it (mask.ne(0)) or cast it");
        }
        List<Tensor> more = new ArrayList<>(masks);
        more.add(mask);
        return new Attention(causal, List.copyOf(more), scale, dropout, random);
    }

    /** What scores are multiplied with, in place of 1 / sqrt(D). */
    public Attention scale(double factor) {
        return new Attention(causal, masks, OptionalDouble.of(factor), dropout, random);
    }

    /**
     * Leaves out each weight with a probability and multiplies the others by 1 / (1 - probability). The weights are then a matrix in memory.
     */
    public Attention dropout(double probability, Random numbers) {
        if (!(probability >= 0 && probability < 1)) {
            throw new LaminaException("attention: expected a probability of dropout from 0 to below 1, got "
                    + probability + "; pass for example 0.1");
        }
        return new Attention(causal, masks, scale, probability, Optional.of(numbers));
    }

    /**
     * The attention.
     *
     * @throws ShapeException if the axes do not fit
     */
    public Tensor of(Tensor query, Tensor key, Tensor value) {
        check(query, key, value);
        Node node = node(query, key, value);
        Fused.Attention op = (Fused.Attention) node.op();
        Tensor out;
        if (dropout > 0) {
            Tensor weights = op.weights(node);
            Tensor kept = random.orElseThrow().bernoulli(1 - dropout, weights.shape());
            Tensor thinned = kept.where(weights.mul(1 / (1 - dropout)), weights.zerosLike());
            out = op.output(thinned, Tensor.of(node.input(2)));
        } else {
            out = op.parts(node.inputs()).part(Tensor.of(node), 0).permute(0, 2, 1, 3);
        }
        return out.reshape(query.shape().with(-1, value.dim(-1)));
    }

    /** The weights (B..., H, T, S) that values get, without dropout; each row adds up to 1, or is 0. */
    public Tensor weights(Tensor query, Tensor key) {
        check(query, key, key);
        Node node = node(query, key, key);
        Tensor weights = ((Fused.Attention) node.op()).weights(node);
        return weights.reshape(query.shape().with(-1, key.dim(-2)));
    }

    private static void check(Tensor q, Tensor k, Tensor v) {
        int rank = q.rank();
        boolean fits =
                rank >= 2 && k.rank() == rank && v.rank() == rank && k.dim(-1) == q.dim(-1) && k.dim(-2) == v.dim(-2);
        int lead = rank > 3 ? rank - 3 : Math.max(0, rank - 2);
        fits = fits
                && k.shape().range(0, lead).equals(q.shape().range(0, lead))
                && v.shape().range(0, rank - 2).equals(k.shape().range(0, rank - 2))
                && (rank <= 3 || (k.dim(-3) > 0 ? q.dim(-3) % k.dim(-3) == 0 : q.dim(-3) == 0));
        if (!fits) {
            throw new ShapeException(
                    "attention: expected queries (B..., H, T, D), keys (B..., G, S, D) and values (B..., G,"
                            + " S, E) where G divides H, got " + q.shape() + ", " + k.shape() + " and " + v.shape()
                            + "; put the heads before the positions: x.reshape(b, t, h, d).permute(0, 2, 1, 3)");
        }
        if (!q.dtype().isFloat() || q.dtype() != k.dtype() || q.dtype() != v.dtype()) {
            throw new DTypeException("attention: expected queries, keys and values of one float type, got " + q.dtype()
                    + ", " + k.dtype() + " and " + v.dtype() + "; cast them");
        }
    }

    private Node node(Tensor query, Tensor key, Tensor value) {
        DType dtype = query.dtype();
        double factor = scale.orElse(1 / Math.sqrt(Math.max(1, query.dim(-1))));
        Fused.Attention op =
                new Fused.Attention(causal, factor, Precision.current().factors(dtype));
        List<Node> inputs = new ArrayList<>();
        for (Tensor x : List.of(query, key, value)) {
            inputs.add(x.reshape(four(x.shape())).node());
        }
        bias(query.shape().with(-1, key.dim(-2)), dtype).ifPresent(bias -> inputs.add(bias.node()));
        return new Node(op, List.copyOf(inputs), op.parts(inputs).shape(), dtype);
    }

    /** With axes (B, H, rows, columns). */
    private static Shape four(Shape shape) {
        int rank = shape.rank();
        long batch = rank > 3 ? shape.range(0, rank - 3).size() : rank == 3 ? shape.dim(0) : 1;
        int heads = rank > 3 ? shape.dim(-3) : 1;
        return Shape.of(Math.toIntExact(batch), heads, shape.dim(-2), shape.dim(-1));
    }

    /** The masks as numbers to add, broadcast only at the end, so that it stays a view. */
    private Optional<Tensor> bias(Shape scores, DType dtype) {
        Optional<Tensor> sum = Optional.empty();
        for (Tensor mask : masks) {
            boolean fits = mask.rank() <= scores.rank();
            for (int i = 1; fits && i <= mask.rank(); i++) {
                fits = mask.dim(-i) == scores.dim(-i) || mask.dim(-i) == 1;
            }
            if (!fits) {
                throw new ShapeException("attention: expected a mask that broadcasts to the scores " + scores + ", got "
                        + mask.shape() + "; a mask of keys (B, S) needs two more axes: mask.reshape(b, 1, 1, s)");
            }
            Tensor numbers = mask.dtype() == DType.BOOL
                    ? mask.where(
                            Tensor.zeros(dtype, Shape.of()), Tensor.full(dtype, Double.NEGATIVE_INFINITY, Shape.of()))
                    : mask.cast(dtype);
            sum = Optional.of(sum.map(numbers::add).orElse(numbers));
        }
        return sum.map(all -> {
            Shape full = four(scores);
            return scores.rank() > 4
                    ? all.expandTo(scores).reshape(full)
                    : aligned(all, scores.rank()).expandTo(full);
        });
    }

    /** With four axes, where three are (B, T, S). */
    private static Tensor aligned(Tensor mask, int rank) {
        return rank == 3 && mask.rank() == 3 ? mask.unsqueeze(1) : mask;
    }
}
