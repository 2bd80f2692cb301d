package dev.lamina.core.compiler;

import dev.lamina.core.Variable;
import dev.lamina.core.backend.Program;
import dev.lamina.core.op.Node;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The program of a traced plan together with the variables and tensors that it reads. */
public final class PlanBinding {
    private final Binding binding;
    private final CachedProgram program;
    private final List<Variable> variables;

    private PlanBinding(Binding binding, List<Variable> variables) {
        this.binding = binding;
        this.program = ProgramCache.of(binding);
        this.variables = variables;
    }

    /** Takes a traced graph apart; placeholders get the first input slots, in their order. */
    public static PlanBinding of(
            List<Node> placeholders, List<Node> outputs, List<Variable> variables, List<Node> updates) {
        List<Node> all = new ArrayList<>(outputs);
        all.addAll(updates);
        return new PlanBinding(Binding.of(all, variables, placeholders), List.copyOf(variables));
    }

    /** The compiled graph. */
    public Program program() {
        return program.program();
    }

    /** The variables that each run updates, in the order of the outputs that follow the plain ones. */
    public List<Variable> variables() {
        return variables;
    }

    /** Where a run finds its data, by slot; the placeholders' slots are empty. */
    public MemorySegment[] sources() {
        return binding.sources();
    }
}
