package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;

/** What {@link Fused.Attention} and its gradient mean, in ops that every backend knows. */
final class AttentionRules {
    private static final int Q = 0;
    private static final int K = 1;
    private static final int V = 2;
    private static final int SUMS = 3;
    private static final int DELTA = 4;
    private static final int UPSTREAM = 5;

    private AttentionRules() {}

    private static Tensor in(Node node, int index) {
        return Tensor.of(node.input(index));
    }

    /** (B, H, T, E) from (B, T, H, E) and back. */
    private static Tensor heads(Tensor x) {
        return x.permute(0, 2, 1, 3);
    }

    /** Shapes of the parts of the packed result. */
    static Packed parts(List<Node> inputs) {
        Shape q = inputs.get(Q).shape();
        int e = inputs.get(V).shape().dim(3);
        return new Packed(List.of(Shape.of(q.dim(0), q.dim(2), q.dim(1), e), q.range(0, 3)));
    }

    static Packed gradientParts(List<Node> inputs) {
        Shape q = inputs.get(Q).shape();
        Shape k = inputs.get(K).shape();
        int e = inputs.get(V).shape().dim(3);
        return new Packed(List.of(
                Shape.of(q.dim(0), q.dim(2), q.dim(1), q.dim(3)),
                Shape.of(k.dim(0), k.dim(2), k.dim(1), k.dim(3)),
                Shape.of(k.dim(0), k.dim(2), k.dim(1), e)));
    }

    /**
     * The softmax of the scores.
     *
     * @param weights (B, H, T, S)
     * @param sums (B, H, T, 1)
     */
    private record Softmax(Tensor weights, Tensor sums) {}

    static Tensor forward(Fused.Attention op, Node node) {
        Softmax softmax = softmax(op, node);
        Tensor out = product(softmax.weights, in(node, V), op.rounded());
        return parts(node.inputs()).of(List.of(heads(out), softmax.sums));
    }

    static Tensor weights(Fused.Attention op, Node node) {
        return softmax(op, node).weights;
    }

    private static Softmax softmax(Fused.Attention op, Node node) {
        Tensor scores = scores(op, node, SUMS);
        Shape rows = scores.shape().with(3, 1);
        DType dtype = scores.dtype();
        boolean none = scores.dim(3) == 0;
        Tensor largest = none ? Tensor.zeros(dtype, rows) : scores.maxKeep(-1);
        Tensor safe = largest.eq(Double.NEGATIVE_INFINITY).where(largest.zerosLike(), largest);
        Tensor powers = scores.sub(safe).exp();
        Tensor total = powers.sumKeep(-1);
        Tensor empty = total.eq(0);
        Tensor weights = powers.div(empty.where(total.onesLike(), total));
        Tensor infinity = Tensor.full(dtype, Double.POSITIVE_INFINITY, rows);
        return new Softmax(weights, empty.where(infinity, safe.add(total.log())));
    }

    static Tensor backward(Fused.AttentionGradient op, Node node) {
        Tensor q = in(node, Q);
        Tensor k = in(node, K);
        Tensor v = in(node, V);
        Tensor g = in(node, UPSTREAM);
        Tensor p = exponentials(op.attention(), node);
        Tensor ds = scoreGradient(p, v, node, op.rounded()).mul(op.scale());
        Tensor dq = product(ds, k, op.rounded());
        Tensor dk = folded(ds, q, k.dim(1), op.rounded());
        Tensor dv = folded(p, g, v.dim(1), op.rounded());
        return gradientParts(node.inputs()).of(List.of(heads(dq), heads(dk), heads(dv)));
    }

    static void gradient(Fused.Attention op, Node node, Tensor upstream, Op.Sink sink) {
        Packed parts = parts(node.inputs());
        Tensor packed = Tensor.of(node);
        Tensor g = heads(parts.part(upstream, 0));
        Tensor sums = parts.part(packed, 1);
        Tensor ofSums = parts.part(upstream, 1);
        Tensor products = heads(parts.part(packed, 0)).mul(g).sum(-1);
        Tensor delta = Packed.isZero(ofSums) ? products : products.sub(ofSums);
        Node q = node.input(Q);
        Node k = node.input(K);
        Node v = node.input(V);
        List<Node> inputs = new java.util.ArrayList<>(List.of(q, k, v, sums.node(), delta.node(), g.node()));
        boolean biased = node.inputs().size() > SUMS;
        if (biased) {
            inputs.add(node.input(SUMS));
        }
        Packed results = gradientParts(inputs);
        Node all = new Node(
                new Fused.AttentionGradient(op.causal(), op.scale(), op.rounded()),
                List.copyOf(inputs),
                results.shape(),
                q.dtype());
        sink.add(q, heads(results.part(Tensor.of(all), 0)));
        sink.add(k, heads(results.part(Tensor.of(all), 1)));
        sink.add(v, heads(results.part(Tensor.of(all), 2)));
        if (biased) {
            sink.add(node.input(SUMS), scoreGradient(exponentials(op, all), Tensor.of(v), all, op.rounded()));
        }
    }

    /** exp(scores - sums) for a node of the gradient. */
    private static Tensor exponentials(Fused.Attention op, Node node) {
        return scores(op, node, UPSTREAM + 1).sub(in(node, SUMS).unsqueeze(3)).exp();
    }

    private static Tensor scoreGradient(Tensor p, Tensor v, Node node, DType rounded) {
        Tensor dp = product(in(node, UPSTREAM), v.transpose(), rounded);
        return p.mul(dp.sub(in(node, DELTA).unsqueeze(3)));
    }

    /** (B, H, T, S). */
    private static Tensor scores(Fused.Attention op, Node node, int bias) {
        Tensor scores =
                product(in(node, Q), in(node, K).transpose(), op.rounded()).mul(op.scale());
        if (node.inputs().size() > bias) {
            scores = scores.add(in(node, bias));
        }
        if (!op.causal()) {
            return scores;
        }
        int t = scores.dim(2);
        Tensor later = Tensor.arange(scores.dim(3)).gt(Tensor.arange(t).reshape(t, 1));
        return scores.maskedFill(later, Double.NEGATIVE_INFINITY);
    }

    /** (B, H, T, K) times (B, G, K, N): each group of heads is one product. */
    static Tensor product(Tensor x, Tensor y, DType rounded) {
        int group = x.dim(1) / Math.max(1, y.dim(1));
        Shape joined = Shape.of(x.dim(0), y.dim(1), group * x.dim(2), x.dim(3));
        return x.reshape(joined).product(y, rounded).reshape(x.shape().with(3, y.dim(3)));
    }

    /** x^T y for (B, H, T, S) and (B, H, T, N), added up in each of the groups: (B, G, S, N). */
    private static Tensor folded(Tensor x, Tensor y, int groups, DType rounded) {
        int rows = x.dim(1) / Math.max(1, groups) * x.dim(2);
        Tensor left = x.reshape(Shape.of(x.dim(0), groups, rows, x.dim(3)));
        Tensor right = y.reshape(Shape.of(y.dim(0), groups, rows, y.dim(3)));
        return left.transpose().product(right, rounded);
    }
}
