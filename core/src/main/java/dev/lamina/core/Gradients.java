package dev.lamina.core;

import dev.lamina.core.op.Node;
import dev.lamina.core.op.NodeTable;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.Op;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gradients of a scalar loss by reverse accumulation. They are ordinary lazy tensors, so they can be differentiated again.
 *
 * <p>{@code loss = lossFunction.of(model.apply(x), y); optimizer.step(Gradients.of(loss, model.parameters()))}
 */
public final class Gradients {
    private final Tensor loss;
    private final Map<Variable, Tensor> byVariable;

    private Gradients(Tensor loss, Map<Variable, Tensor> byVariable) {
        this.loss = loss;
        this.byVariable = byVariable;
    }

    /**
     * The gradients of a loss with one element.
     *
     * @throws ShapeException if the loss has more than one element
     * @throws DTypeException if the loss is not of a float type
     */
    public static Gradients of(Tensor loss, Collection<Variable> variables) {
        requireScalar(loss);
        List<Tensor> values = new ArrayList<>();
        for (Variable variable : variables) {
            values.add(variable.value());
        }
        List<Tensor> gradients = of(loss, loss.onesLike(), values);
        Map<Variable, Tensor> result = new LinkedHashMap<>();
        int i = 0;
        for (Variable variable : variables) {
            result.put(variable, gradients.get(i++));
        }
        return new Gradients(loss, result);
    }

    /** Gradients that were changed (clipped, averaged), for the same loss. */
    public Gradients with(Map<Variable, Tensor> changed) {
        return new Gradients(loss, new LinkedHashMap<>(changed));
    }

    /**
     * The vector-Jacobian products: the gradients of sum(y * upstream) with respect to each x, in the x's shapes; zeros where
     * y does not depend on x.
     */
    public static List<Tensor> of(Tensor y, Tensor upstream, List<Tensor> xs) {
        if (!y.dtype().isFloat()) {
            throw new DTypeException(
                    "gradients: expected a result of a float type, got " + y.dtype() + "; cast before the loss");
        }
        if (!upstream.shape().equals(y.shape())) {
            throw new ShapeException(
                    "gradients: expected an upstream gradient of shape " + y.shape() + ", got " + upstream.shape());
        }
        List<Node> nodes = new ArrayList<>();
        for (Tensor x : xs) {
            nodes.add(x.node());
        }
        Map<Node, Tensor> all = walk(y, upstream, nodes);
        List<Tensor> result = new ArrayList<>();
        for (Tensor x : xs) {
            Tensor gradient = all.get(x.node());
            result.add(gradient == null ? x.zerosLike() : gradient);
        }
        return result;
    }

    /** The gradients of a loss with one element with respect to each x. */
    public static List<Tensor> of(Tensor loss, List<Tensor> xs) {
        requireScalar(loss);
        return of(loss, loss.onesLike(), xs);
    }

    /** The reverse walk. The result has an entry for each target that y depends on. */
    public static Map<Node, Tensor> walk(Tensor y, Tensor upstream, Collection<Node> targets) {
        return walk(Map.of(y.node(), upstream), targets);
    }

    /** The reverse walk from several results, each with its upstream gradient. */
    public static Map<Node, Tensor> walk(Map<Node, Tensor> upstream, Collection<Node> targets) {
        Nodes.Order order = Nodes.ordered(upstream.keySet(), node -> false);
        boolean[] useful = useful(order, targets);
        Tensor[] gradients = new Tensor[useful.length];
        upstream.forEach((y, gradient) -> gradients[order.positions().get(y)] = gradient);
        Op.Sink sink = (input, part) -> {
            int at = order.positions().get(input);
            if (at != NodeTable.NONE && useful[at] && input.dtype().isFloat()) {
                gradients[at] = gradients[at] == null ? part : gradients[at].add(part);
            }
        };
        for (int i = useful.length - 1; i >= 0; i--) {
            if (gradients[i] != null && useful[i]) {
                Node node = order.nodes().get(i);
                node.op().gradient(node, gradients[i], sink);
            }
        }
        Map<Node, Tensor> result = new HashMap<>();
        for (Node target : targets) {
            int at = order.positions().get(target);
            if (at != NodeTable.NONE && gradients[at] != null) {
                result.put(target, gradients[at]);
            }
        }
        return result;
    }

    /** For each node whether it is a target or depends on one. */
    private static boolean[] useful(Nodes.Order order, Collection<Node> targets) {
        boolean[] useful = new boolean[order.nodes().size()];
        for (Node target : targets) {
            int at = order.positions().get(target);
            if (at != NodeTable.NONE) {
                useful[at] = true;
            }
        }
        for (int i = 0; i < useful.length; i++) {
            List<Node> inputs = order.nodes().get(i).inputs();
            for (int k = 0; k < inputs.size() && !useful[i]; k++) {
                useful[i] = useful[order.positions().get(inputs.get(k))];
            }
        }
        return useful;
    }

    /** The loss that was differentiated. */
    public Tensor loss() {
        return loss;
    }

    /** The gradient with respect to a variable, in its shape. */
    public Tensor get(Variable variable) {
        Tensor gradient = byVariable.get(variable);
        if (gradient == null) {
            throw new LaminaException("gradients: expected one of the variables asked for, got " + variable.name()
                    + "; pass it to Gradients.of");
        }
        return gradient;
    }

    /** All gradients, in the order in which the variables were given. */
    public Map<Variable, Tensor> asMap() {
        return Collections.unmodifiableMap(byVariable);
    }

    private static void requireScalar(Tensor loss) {
        if (loss.size() != 1) {
            throw new ShapeException("gradients: expected a loss of one element, got " + loss.shape()
                    + "; reduce it first, for instance with mean()");
        }
    }
}
