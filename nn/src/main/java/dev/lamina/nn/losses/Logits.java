package dev.lamina.nn.losses;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.View;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Loss;
import java.util.List;
import java.util.Optional;

/**
 * Finds out, from the graph, whether a tensor holds probabilities, and from which scores a sigmoid or softmax made them. So a
 * loss computes from the scores, which is exact where a probability rounds to 0 or 1, and refuses to apply softmax twice.
 */
final class Logits {
    /**
     * Where probabilities come from.
     *
     * @param scores what the function was applied to
     * @param axis the axis of a softmax; -1 of a sigmoid
     */
    record Source(Tensor scores, Activation activation, int axis) {}

    private Logits() {}

    /** Refuses probabilities from a softmax or sigmoid where a loss takes scores: it would be applied twice. */
    static void refuse(Loss loss, Tensor prediction, String activation) {
        Node node = prediction.node();
        while (node.op() instanceof View.Reshape) {
            node = node.input(0);
        }
        Optional<Source> source = of(Tensor.of(node));
        if (source.isPresent()) {
            throw new LaminaException(loss.name() + ": expected scores (logits), got the output of "
                    + source.get().activation().label() + "; write " + loss.name()
                    + "().fromProbabilities(), or leave the " + activation + " out of the model");
        }
    }

    static Optional<Source> of(Tensor probabilities) {
        Node node = probabilities.node();
        if (node.op() == Elementwise.SIGMOID) {
            return Optional.of(new Source(Tensor.of(node.input(0)), Activation.SIGMOID, -1));
        }
        return node.op() == Elementwise.DIV ? softmax(node) : Optional.empty();
    }

    /** exp(s) / sum(exp(s)) along one axis; s, the scores less their maximum, gives the same softmax as the scores. */
    private static Optional<Source> softmax(Node division) {
        Node powers = division.input(0);
        Node sum = division.input(1);
        while (sum.op() instanceof View.Expand || sum.op() instanceof View.Reshape) {
            sum = sum.input(0);
        }
        boolean matches = powers.op() == Elementwise.EXP
                && sum.op() instanceof Reduce.Over over
                && over.kind() == Reduce.Kind.SUM
                && over.axes().size() == 1
                && sum.input(0) == powers;
        return matches
                ? Optional.of(new Source(
                        Tensor.of(powers.input(0)),
                        Activation.SOFTMAX,
                        axes(sum).get(0)))
                : Optional.empty();
    }

    private static List<Integer> axes(Node sum) {
        return ((Reduce.Over) sum.op()).axes();
    }
}
