package dev.lamina.core;

import dev.lamina.core.compiler.PlanBinding;
import dev.lamina.core.compiler.ProgramCache;
import dev.lamina.core.op.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A traced computation: compiled once, replayed without rebuilding its graph. Immutable and shared between threads; each
 * thread takes an {@link Execution} of its own.
 *
 * <p>Variables are read and updated in place by each run. Other tensors that the graph holds are part of the plan.
 */
public final class Plan {
    private final PlanBinding binding;
    private final List<Tensor> inputs;
    private final List<Tensor> outputs;

    private Plan(PlanBinding binding, List<Tensor> inputs, List<Tensor> outputs) {
        this.binding = binding;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /**
     * Compiles a graph.
     *
     * @param inputs placeholders ({@link Tensor#input}) that each run is fed with
     * @param outputs what each run computes for the caller
     * @param updates the new values that each run stores in variables; all of them see the old values
     */
    public static Plan compile(List<Tensor> inputs, List<Tensor> outputs, Map<Variable, Tensor> updates) {
        updates.forEach(Variable::requireSame);
        PlanBinding binding = PlanBinding.of(
                nodes(inputs), nodes(outputs), new ArrayList<>(updates.keySet()), nodes(updates.values()));
        return new Plan(binding, List.copyOf(inputs), List.copyOf(outputs));
    }

    private static List<Node> nodes(Collection<Tensor> tensors) {
        List<Node> nodes = new ArrayList<>();
        for (Tensor tensor : tensors) {
            nodes.add(tensor.node());
        }
        return nodes;
    }

    /** State for runs: memory for inputs, outputs and intermediate values. */
    public Execution start() {
        return new Execution(binding, inputs, outputs);
    }

    /** Bytes of intermediate values that one execution holds, known before it runs. */
    public long peakBytes() {
        return binding.program().peakBytes();
    }

    /** The steps of the plan and their memory as text. */
    public String describe() {
        return binding.program().describe();
    }

    /** How many graphs this process has compiled so far: a loop in steady state does not change it. */
    public static long compiledCount() {
        return ProgramCache.compiled();
    }
}
