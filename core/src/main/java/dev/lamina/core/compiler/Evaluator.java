package dev.lamina.core.compiler;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.core.backend.Program;
import dev.lamina.core.memory.Buffer;
import dev.lamina.core.memory.Memory;
import dev.lamina.core.op.Node;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Computes lazy tensors on demand: takes the graph apart, finds or makes its plan, runs it. */
public final class Evaluator {
    private Evaluator() {}

    /** Computes nodes that have no value yet, in one plan. */
    public static void evaluate(List<Node> nodes) {
        List<Node> missing = missing(nodes);
        if (missing.isEmpty()) {
            return;
        }
        List<Buffer> buffers = allocate(missing);
        evaluateInto(missing, buffers.stream().map(Buffer::segment).toList());
        keep(missing, buffers);
    }

    /** Computes nodes and writes their elements to the given memory. */
    public static void evaluateInto(List<Node> nodes, List<MemorySegment> targets) {
        Binding binding = Binding.of(nodes, List.of(), List.of(), false);
        run(binding, targets.toArray(MemorySegment[]::new));
    }

    /** Computes the new values of variables and further nodes in one plan, then stores all of them. */
    public static void assign(Map<Variable, Tensor> updates, List<Node> also) {
        List<Node> outputs = missing(also);
        List<Buffer> buffers = allocate(outputs);
        List<Node> missing = List.copyOf(outputs);
        List<Variable> variables = new ArrayList<>(updates.keySet());
        variables.forEach(variable -> outputs.add(updates.get(variable).node()));
        List<MemorySegment> targets =
                new ArrayList<>(buffers.stream().map(Buffer::segment).toList());
        variables.forEach(variable -> targets.add(variable.target()));
        run(Binding.of(outputs, variables, List.of(), false), targets.toArray(MemorySegment[]::new));
        keep(missing, buffers);
        variables.forEach(Variable::changed);
    }

    private static void run(Binding binding, MemorySegment[] outputs) {
        CachedProgram program = ProgramCache.of(binding);
        Program.Runner runner = program.borrow();
        runner.run(binding.sources(), Program.NOTHING, outputs);
        program.giveBack(runner);
    }

    private static List<Node> missing(List<Node> nodes) {
        List<Node> missing = new ArrayList<>();
        for (Node node : nodes) {
            if (node.value() == null && !missing.contains(node)) {
                missing.add(node);
            }
        }
        return missing;
    }

    private static List<Buffer> allocate(List<Node> nodes) {
        return nodes.stream()
                .map(node -> Memory.shared()
                        .allocate(
                                node.shape().size() * node.dtype().bytes(),
                                "tensor " + node.shape() + " " + node.dtype()))
                .toList();
    }

    private static void keep(List<Node> nodes, List<Buffer> buffers) {
        for (int i = 0; i < nodes.size(); i++) {
            nodes.get(i).value(buffers.get(i));
        }
    }
}
