package dev.lamina.core.backend;

import dev.lamina.core.DType;
import dev.lamina.core.compiler.Graph;
import dev.lamina.core.memory.Elements;
import dev.lamina.core.op.Contract;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Gather;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Reduce;
import dev.lamina.core.op.Sample;
import dev.lamina.core.op.Scatter;
import dev.lamina.core.op.Sort;
import dev.lamina.core.op.View;
import dev.lamina.core.op.Window;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The oracle: one node after the other, one element after the other, floats in double and rounded to the node's dtype after
 * each operation. It shares no code with the lowering of the other backends, so that it can find their faults.
 */
final class Interpreter implements Backend {
    @Override
    public String name() {
        return "interpreter";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public boolean isOracle() {
        return true;
    }

    @Override
    public String describe() {
        return "computes element by element in plain Java, to check other backends; slow";
    }

    @Override
    public Program compile(Graph graph) {
        List<Node> order = graph.nodes();
        return new Program() {
            @Override
            public long peakBytes() {
                return order.stream().mapToLong(node -> node.shape().size() * 8).sum();
            }

            @Override
            public String describe() {
                return "interpreter, " + order.size() + " nodes";
            }

            @Override
            public Runner runner() {
                return (inputs, kept, outputs) -> Interpreter.run(graph, order, inputs, outputs);
            }
        };
    }

    private static void run(Graph graph, List<Node> order, MemorySegment[] inputs, MemorySegment[] outputs) {
        Map<Node, Integer> slots = new HashMap<>();
        for (int i = 0; i < inputs.length; i++) {
            slots.put(graph.inputs().get(i), i);
        }
        Map<Node, Values> values = new HashMap<>();
        for (Node node : order) {
            Values value = new Values(node.shape(), node.dtype());
            if (node.op() instanceof Leaf.Input) {
                MemorySegment from = inputs[slots.get(node)];
                value.fill(i -> Elements.get(from, node.dtype(), i), i -> Elements.getLong(from, node.dtype(), i));
            } else {
                compute(node, node.inputs().stream().map(values::get).toArray(Values[]::new), value);
            }
            values.put(node, value);
        }
        // All outputs are stored at the end: a variable's old value is read until then.
        for (int i = 0; i < outputs.length; i++) {
            values.get(graph.outputs().get(i)).store(outputs[i]);
        }
    }

    private static void compute(Node node, Values[] in, Values out) {
        switch (node.op()) {
            case Leaf leaf -> leaf(leaf, out);
            case Elementwise op -> elementwise(op, in, out);
            case Reduce.Over reduce -> InterpretedOps.reduce(reduce, in[0], out);
            case Reduce.Scan scan -> InterpretedOps.scan(scan, in[0], out);
            case View view -> InterpretedViews.move(view, in, out);
            case Contract.MatMul product -> InterpretedOps.matmul(in[0], in[1], product.rounded(), out);
            case Window.Conv conv -> InterpretedWindows.convolve(conv, in, out);
            case Window.Pool pool -> InterpretedWindows.pool(pool, in, out);
            case Gather.Rows gather -> InterpretedOps.gather(gather.name(), in[0], in[1], out);
            case Scatter.Rows scatter -> InterpretedOps.scatter(scatter.kind(), in, out);
            case Sort.Indices sort -> InterpretedOps.sort(sort.descending(), in[0], out);
            case Sample.Uniform uniform -> InterpretedOps.uniform(uniform.stream(), in[0], out);
            case Fused ignored -> throw new IllegalStateException("composites have been expanded by now");
        }
    }

    private static void leaf(Leaf leaf, Values out) {
        switch (leaf) {
            case Leaf.Constant constant -> out.fill(i -> constant.value(), i -> (long) constant.value());
            case Leaf.Iota ignored -> out.fill(i -> i, i -> i);
            case Leaf.Data ignored -> throw new IllegalStateException("data is an input by now");
            case Leaf.Read ignored -> throw new IllegalStateException("a variable is an input by now");
            case Leaf.Input ignored -> throw new IllegalStateException("inputs are read before");
        }
    }

    private static void elementwise(Elementwise op, Values[] in, Values out) {
        Values x = in[0];
        Values y = in.length > 1 ? in[1] : x;
        Values z = in.length > 2 ? in[2] : x;
        if (op == Elementwise.CAST) {
            boolean truth = out.dtype() == DType.BOOL;
            out.fill(x::get, i -> truth ? (x.get(i) != 0 ? 1 : 0) : x.getLong(i));
        } else if (op == Elementwise.WHERE) {
            out.fill(
                    i -> x.getLong(i) != 0 ? y.get(i) : z.get(i), i -> x.getLong(i) != 0 ? y.getLong(i) : z.getLong(i));
        } else if (x.dtype().isFloat()) {
            out.fill(i -> op.apply(x.get(i), y.get(i), 0), i -> (long) op.apply(x.get(i), y.get(i), 0));
        } else {
            out.fill(i -> op.apply(x.getLong(i), y.getLong(i), 0L), i -> op.apply(x.getLong(i), y.getLong(i), 0L));
        }
    }
}
