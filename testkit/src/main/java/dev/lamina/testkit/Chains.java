package dev.lamina.testkit;

import dev.lamina.core.Index;
import dev.lamina.core.Tensor;

/** The golden graphs of several operations; the same lines stand in {@code generate.py}. */
final class Chains {
    private Chains() {}

    static Tensor of(String graph, OpCases.Inputs in) {
        return switch (graph) {
            case "softmax_regression" -> softmaxRegression(in);
            case "reuse" -> reuse(in.x(), in.get("w"));
            case "layernorm_by_hand" -> layerNorm(in.x(), in.get("w"));
            case "attention_by_hand" -> attention(in.x(), in.get("w"));
            case "views" -> views(in.x());
            default -> throw new IllegalArgumentException("chain: expected a graph of generate.py, got " + graph);
        };
    }

    private static Tensor softmaxRegression(OpCases.Inputs in) {
        Tensor hidden = in.x().matmul(in.get("w")).add(in.b()).tanh();
        Tensor logProbabilities = hidden.matmul(in.get("v")).logSoftmax(-1);
        return logProbabilities.gather(1, in.get("target").unsqueeze(1)).neg().mean();
    }

    private static Tensor reuse(Tensor x, Tensor w) {
        Tensor firstColumn = x.exp().slice(Index.all(), Index.to(1));
        return x.mul(x.sumKeep(0)).add(firstColumn.mul(w)).square().mean();
    }

    private static Tensor layerNorm(Tensor x, Tensor w) {
        Tensor deviation = x.varKeep(0, -1).add(1e-5).sqrt();
        return x.sub(x.meanKeep(-1)).div(deviation).mul(w).sum(0);
    }

    private static Tensor attention(Tensor x, Tensor w) {
        return x.matmul(w).matmul(x.transpose(-1, -2)).div(2).softmax(-1).matmul(x);
    }

    private static Tensor views(Tensor x) {
        Tensor evenColumns = x.slice(Index.all(), Index.every(2));
        Tensor left = evenColumns.transpose().flatten().slice(Index.from(1));
        Tensor right = x.flatten().slice(Index.to((int) evenColumns.size() - 1));
        return left.mul(right).cumsum(0).slice(Index.every(3));
    }
}
