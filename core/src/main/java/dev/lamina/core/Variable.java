package dev.lamina.core;

import dev.lamina.core.compiler.Evaluator;
import dev.lamina.core.memory.Buffer;
import dev.lamina.core.memory.Memory;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * State that changes: a parameter, a running statistic, an optimizer slot. The memory of a variable stays in place for life;
 * assignments write into it. A tensor that was built from {@link #value} before an assignment and not evaluated by then
 * refers to values that are gone: evaluating it is an error that says so.
 */
public final class Variable {
    private final String name;
    private final Shape shape;
    private final DType dtype;
    private final Buffer buffer;
    private volatile long version; // written under the lock
    private UnaryOperator<Tensor> constraint = UnaryOperator.identity();
    private @Nullable Node node;

    private Variable(String name, Tensor initial) {
        this.name = name;
        this.shape = initial.shape();
        this.dtype = initial.dtype();
        this.buffer = Memory.shared().allocate(shape.size() * dtype.bytes(), "variable '" + name + "'");
        Evaluator.evaluateInto(List.of(initial.node()), List.of(buffer.segment()));
    }

    /** A variable with its first value. */
    public static Variable of(String name, Tensor initial) {
        return new Variable(name, initial);
    }

    /** Name, for a parameter its layer path. */
    public String name() {
        return name;
    }

    /** Extents; they never change. */
    public Shape shape() {
        return shape;
    }

    /** Element type; it never changes. */
    public DType dtype() {
        return dtype;
    }

    /** The current value as a tensor, the same one until the next assignment. */
    public synchronized Tensor value() {
        Node current = node;
        if (current == null) {
            current = new Node(new Leaf.Read(this, version), List.of(), shape, dtype);
            node = current;
        }
        return Tensor.of(current);
    }

    /** Says where optimizers keep this variable: they apply it to each new value before they store it. */
    public Variable constrain(UnaryOperator<Tensor> constraint) {
        this.constraint = constraint;
        return this;
    }

    /** A value as it may be stored here; see {@link #constrain}. */
    public Tensor constrained(Tensor value) {
        return constraint.apply(value);
    }

    /** The live elements, read-only: they change with assignments. */
    public MemorySegment segment() {
        return buffer.segment().asReadOnly();
    }

    /** The live elements, for the engine. */
    public MemorySegment target() {
        return buffer.segment();
    }

    /** Number of assignments so far. */
    public long version() {
        return version;
    }

    /**
     * Computes a tensor and stores it here.
     *
     * @throws ShapeException if shape or dtype differ from this variable's
     */
    public void assign(Tensor value) {
        assignAll(Map.of(this, value), List.of());
    }

    /** Computes all new values, and further tensors, in one plan, then stores them: every right side sees the old values. */
    public static void assignAll(Map<Variable, Tensor> updates, List<Tensor> alsoEvaluate) {
        updates.forEach(Variable::requireSame);
        Evaluator.assign(updates, alsoEvaluate.stream().map(Tensor::node).toList());
    }

    /** An assignment has been made: tensors built from the old value are stale from now on. */
    public synchronized void changed() {
        version++;
        node = null;
    }

    void requireSame(Tensor value) {
        if (!value.shape().equals(shape) || value.dtype() != dtype) {
            throw new ShapeException("variable '" + name + "': expected " + dtype + " " + shape + ", got "
                    + value.dtype() + " " + value.shape() + "; a variable keeps its shape and dtype");
        }
    }

    @Override
    public String toString() {
        return "Variable[" + name + " " + dtype + " " + shape + "]";
    }
}
