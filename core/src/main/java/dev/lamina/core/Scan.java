package dev.lamina.core;

import dev.lamina.core.op.Node;
import dev.lamina.core.op.Recurrence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A step that is repeated along sequences, with values that go from step to step: recurrent networks, filters, integrators. The step is
 * written once, with ordinary tensors; the time to compile it does not grow with the number of steps, and its gradient is a scan
 * as well, so that it has gradients itself.
 *
 * <pre>{@code
 * Scan.Result states = Scan.over(x)                       // (T, N, C)
 *         .carry("h", Tensor.zeros(n, units))
 *         .run(step -> {
 *             Tensor h = step.input(0).matmul(w).add(step.carry("h").matmul(u)).tanh();
 *             step.next("h", h);
 *             step.output("h", h);
 *         });
 * states.output("h");                                     // (T, N, units)
 * states.last("h");                                       // (N, units)
 * }</pre>
 *
 * <p>What the step computes from tensors of outside alone is computed once. All carries and outputs have one dtype.
 */
public final class Scan {
    private final List<Tensor> sequences;
    private final int steps;
    private final boolean reversed;
    private final Map<String, Tensor> carries;

    private Scan(List<Tensor> sequences, int steps, boolean reversed, Map<String, Tensor> carries) {
        this.sequences = sequences;
        this.steps = steps;
        this.reversed = reversed;
        this.carries = carries;
    }

    /**
     * A scan over sequences.
     *
     * @param sequences tensors (T, ...) with the same T; step t gets {@code [t]} of each
     * @throws ShapeException if they differ in T, or one has no axis
     */
    public static Scan over(Tensor... sequences) {
        return over(List.of(sequences));
    }

    /** The same for a list. */
    public static Scan over(List<Tensor> sequences) {
        int steps = sequences.isEmpty() || sequences.get(0).rank() == 0
                ? -1
                : sequences.get(0).dim(0);
        for (Tensor sequence : sequences) {
            if (sequence.rank() == 0 || sequence.dim(0) != steps) {
                throw new ShapeException("scan: expected sequences (T, ...) with one T, got "
                        + sequences.stream().map(Tensor::shape).toList() + "; steps go along axis 0");
            }
        }
        if (sequences.isEmpty()) {
            throw new ShapeException(
                    "scan: expected at least one sequence, got none; use Scan.times for a number of steps");
        }
        return new Scan(List.copyOf(sequences), steps, false, Map.of());
    }

    /** A scan of so many steps that reads no sequence. */
    public static Scan times(int steps) {
        if (steps < 0) {
            throw new ShapeException("scan: expected 0 or more steps, got " + steps);
        }
        return new Scan(List.of(), steps, false, Map.of());
    }

    /** The same from the last element to the first. Outputs keep the positions of the elements they were made from. */
    public Scan reversed() {
        return new Scan(sequences, steps, !reversed, carries);
    }

    /** Adds a value that goes from step to step: its name, and what it is before the first step. */
    public Scan carry(String name, Tensor first) {
        Map<String, Tensor> more = new LinkedHashMap<>(carries);
        if (more.put(name, first) != null) {
            throw new LaminaException("scan: expected carries with different names, got '" + name + "' twice");
        }
        return new Scan(sequences, steps, reversed, more);
    }

    /**
     * Traces the step, which must give each carry its next value.
     *
     * @throws LaminaException if a carry has no next value
     * @throws DTypeException if carries and outputs differ in dtype
     */
    public Result run(Consumer<Step> body) {
        Step step = new Step();
        body.accept(step);
        List<Node> next = new ArrayList<>();
        List<Node> outputs = new ArrayList<>();
        carries.keySet().forEach(name -> next.add(step.next(name).node()));
        step.outputs.values().forEach(output -> outputs.add(output.node()));
        Recurrence recurrence = new Recurrence(nodes(step.current.values()), nodes(step.inputs), next, outputs);
        Node scan = recurrence.node(nodes(carries.values()), nodes(step.rows), steps, reversed);
        List<Tensor> parts = Recurrence.parts(scan);
        Map<String, Tensor> last = new LinkedHashMap<>();
        carries.keySet().forEach(name -> last.put(name, parts.get(last.size())));
        Map<String, Tensor> all = new LinkedHashMap<>();
        step.outputs.keySet().forEach(name -> all.put(name, parts.get(last.size() + all.size())));
        return new Result(last, all);
    }

    private static List<Node> nodes(java.util.Collection<Tensor> tensors) {
        return tensors.stream().map(Tensor::node).toList();
    }

    /** One step while it is traced: what it reads, and where it says what comes out. */
    public final class Step {
        private final List<Tensor> inputs = new ArrayList<>();
        private final List<Tensor> rows = new ArrayList<>(sequences);
        private final Map<String, Tensor> current = new LinkedHashMap<>();
        private final Map<String, Tensor> next = new LinkedHashMap<>();
        private final Map<String, Tensor> outputs = new LinkedHashMap<>();
        private int index = -1;

        private Step() {
            for (Tensor sequence : sequences) {
                inputs.add(Tensor.input(sequence.dtype(), sequence.shape().remove(0)));
            }
            carries.forEach((name, first) -> current.put(name, Tensor.input(first.dtype(), first.shape())));
        }

        /** The element of a sequence that belongs to this step. */
        public Tensor input(int sequence) {
            if (sequence < 0 || sequence >= sequences.size()) {
                throw new LaminaException("scan: expected the number of one of the " + sequences.size()
                        + " sequences, counted from 0, got " + sequence);
            }
            return inputs.get(sequence);
        }

        /** The position of the element, an i64 scalar from 0 to T - 1. */
        public Tensor index() {
            if (index < 0) {
                index = inputs.size();
                inputs.add(Tensor.input(DType.I64, Shape.of()));
                rows.add(Tensor.arange(steps));
            }
            return inputs.get(index);
        }

        /** A carry before this step. */
        public Tensor carry(String name) {
            return named(current, name, "carry");
        }

        /**
         * Says what a carry is after this step.
         *
         * @throws ShapeException if its shape differs from the one before the step
         * @throws DTypeException if its dtype does
         */
        public void next(String name, Tensor value) {
            Tensor before = carry(name);
            if (!value.shape().equals(before.shape())) {
                throw new ShapeException("scan: expected carry '" + name + "' to keep its shape " + before.shape()
                        + " from step to step, got " + value.shape()
                        + "; give it the shape of the steps before the first one, or reshape the new value");
            }
            requireDType(value, before.dtype(), "carry '" + name + "' to stay " + before.dtype());
            next.put(name, value);
        }

        /**
         * Says that a value is wanted of each step, under a name.
         *
         * @throws DTypeException if it has another dtype than the carries and outputs before
         */
        public void output(String name, Tensor value) {
            for (Tensor other : current.values()) {
                requireDType(value, other.dtype(), "output '" + name + "' to be " + other.dtype() + " as the carries");
            }
            for (Tensor other : outputs.values()) {
                requireDType(value, other.dtype(), "output '" + name + "' to be " + other.dtype() + " as the others");
            }
            outputs.put(name, value);
        }

        private static void requireDType(Tensor value, DType dtype, String expected) {
            if (value.dtype() != dtype) {
                throw new DTypeException(
                        "scan: expected " + expected + ", got " + value.dtype() + " " + value.shape() + "; cast it");
            }
        }

        private Tensor next(String name) {
            if (!next.containsKey(name)) {
                throw new LaminaException("scan: expected a next value for carry '" + name
                        + "', got none; call step.next(\"" + name + "\", ...) in the step");
            }
            DType dtype = current.values().iterator().next().dtype();
            requireDType(
                    next.get(name), dtype, "all carries to be " + dtype + " as the first one, also '" + name + "'");
            return next.get(name);
        }
    }

    /** What a scan computes. */
    public static final class Result {
        private final Map<String, Tensor> last;
        private final Map<String, Tensor> outputs;

        private Result(Map<String, Tensor> last, Map<String, Tensor> outputs) {
            this.last = last;
            this.outputs = outputs;
        }

        /** A carry after the last step; without steps, what it was before. */
        public Tensor last(String carry) {
            return named(last, carry, "carry");
        }

        /** An output of all steps, (T, ...). */
        public Tensor output(String name) {
            return named(outputs, name, "output");
        }

        /** The names of the outputs. */
        public Set<String> outputs() {
            return outputs.keySet();
        }
    }

    private static Tensor named(Map<String, Tensor> tensors, String name, String kind) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new LaminaException(
                    "scan: expected the name of a " + kind + " of " + tensors.keySet() + ", got '" + name + "'");
        }
        return tensor;
    }
}
