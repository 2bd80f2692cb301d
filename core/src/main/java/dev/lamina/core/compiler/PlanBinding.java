package dev.lamina.core.compiler;

import dev.lamina.core.Variable;
import dev.lamina.core.backend.Program;
import dev.lamina.core.op.Node;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The program of a traced plan together with the variables and tensors that it reads. */
public final class PlanBinding {
    private final Binding binding;
    private final CachedProgram program;
    private final List<Variable> variables;

    /** The variables that each run reads and does not update. */
    private final Variable[] reads;

    private volatile @Nullable Kept kept;

    /** What the program keeps of variables at these versions. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Kept(long[] versions, MemorySegment[] memory) {}

    private PlanBinding(Binding binding, List<Variable> variables) {
        this.binding = binding;
        this.program = ProgramCache.of(binding);
        this.variables = variables;
        this.reads = binding.reads();
    }

    /** Takes a traced graph apart; placeholders get the first input slots, in their order. */
    public static PlanBinding of(
            List<Node> placeholders, List<Node> outputs, List<Variable> variables, List<Node> updates) {
        List<Node> all = new ArrayList<>(outputs);
        all.addAll(updates);
        return new PlanBinding(Binding.of(all, variables, placeholders, true), List.copyOf(variables));
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

    /**
     * What the program keeps of its variables and data, for all executions: made at the first run, and again when one of the variables
     * has been assigned.
     *
     * @param sources see {@link #sources}
     */
    public MemorySegment[] kept(MemorySegment[] sources) {
        Kept now = kept;
        return now != null && isFresh(now) ? now.memory() : keep(sources);
    }

    private synchronized MemorySegment[] keep(MemorySegment[] sources) {
        Kept now = kept;
        if (now == null || !isFresh(now)) {
            // Taken before, so that an assignment meanwhile makes the next run keep anew.
            long[] versions = Arrays.stream(reads).mapToLong(Variable::version).toArray();
            kept = null;
            now = new Kept(versions, program().keep(sources));
            kept = now;
        }
        return now.memory();
    }

    private boolean isFresh(Kept now) {
        for (int i = 0; now.memory().length > 0 && i < reads.length; i++) {
            if (reads[i].version() != now.versions()[i]) {
                return false;
            }
        }
        return true;
    }
}
