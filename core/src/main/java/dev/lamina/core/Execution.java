package dev.lamina.core;

import dev.lamina.core.backend.Program;
import dev.lamina.core.compiler.PlanBinding;
import dev.lamina.core.memory.Buffer;
import dev.lamina.core.memory.Memory;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Runs a {@link Plan} again and again in the same memory. For one thread at a time. */
public final class Execution {
    private final PlanBinding binding;
    private final List<Tensor> inputs;
    private final List<Tensor> outputs;
    private final Program.Runner runner;
    private final MemorySegment[] sources;
    private final MemorySegment[] targets;

    Execution(PlanBinding binding, List<Tensor> inputs, List<Tensor> outputs) {
        this.binding = binding;
        this.inputs = inputs;
        this.outputs = outputs;
        this.runner = binding.program().runner();
        this.sources = binding.sources();
        this.targets = new MemorySegment[outputs.size() + binding.variables().size()];
        for (int i = 0; i < inputs.size(); i++) {
            // Buffers are used again: what nobody fills must not be what another computation left.
            sources[i] = memory(inputs.get(i), "plan input").segment().fill((byte) 0);
        }
        for (int i = 0; i < outputs.size(); i++) {
            targets[i] = memory(outputs.get(i), "plan output").segment();
        }
        for (int i = 0; i < binding.variables().size(); i++) {
            targets[outputs.size() + i] = binding.variables().get(i).target();
        }
    }

    /** Memory of an input: row-major, little endian, zeros at first. It keeps its values from run to run. */
    public MemorySegment input(int index) {
        return sources[index];
    }

    /** Fills an input. */
    public void input(int index, Tensor value) {
        Tensor expected = inputs.get(index);
        if (!value.shape().equals(expected.shape()) || value.dtype() != expected.dtype()) {
            throw new ShapeException("plan input " + index + ": expected " + expected.dtype() + " " + expected.shape()
                    + ", got " + value.dtype() + " " + value.shape());
        }
        sources[index].copyFrom(value.segment());
    }

    /** Computes outputs and stores updates. Allocates nothing. */
    public void run() {
        try {
            runner.run(sources, binding.kept(sources), targets);
        } finally {
            // A run that fails may have stored some of them.
            for (Variable variable : binding.variables()) {
                variable.changed();
            }
        }
    }

    /** Elements of an output, valid until the next run. */
    public MemorySegment output(int index) {
        return targets[index];
    }

    /** A copy of an output. */
    public Tensor outputTensor(int index) {
        return Tensor.of(
                targets[index], outputs.get(index).dtype(), outputs.get(index).shape());
    }

    private static Buffer memory(Tensor like, String holder) {
        return Memory.shared()
                .allocate(like.size() * like.dtype().bytes(), holder + " " + like.shape() + " " + like.dtype());
    }
}
