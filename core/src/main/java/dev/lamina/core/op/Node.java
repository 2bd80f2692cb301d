package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.memory.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a lazy graph: what is computed, from what, and the shape and type that come out. Nodes are equal by
 * identity.
 */
public final class Node {
    private static int created;

    private final int hash = nextHash();
    private final Op op;
    private volatile List<Node> inputs;
    private final Shape shape;
    private final DType dtype;
    private volatile @Nullable Buffer value;

    /** A node; the shape and dtype rules of the op have been checked by the caller. */
    public Node(Op op, List<Node> inputs, Shape shape, DType dtype) {
        this.op = op;
        this.inputs = inputs;
        this.shape = shape;
        this.dtype = dtype;
    }

    /** A leaf that holds data. */
    public static Node data(Shape shape, DType dtype, Buffer value) {
        Node node = new Node(new Leaf.Data(), List.of(), shape, dtype);
        node.value = value;
        return node;
    }

    /** Differs between nodes, but for a race of threads, which does no harm. The system's own number takes 100 ns to make. */
    private static int nextHash() {
        return ++created;
    }

    /** What is computed. */
    public Op op() {
        return op;
    }

    /** What it is computed from. */
    public List<Node> inputs() {
        return inputs;
    }

    /** One of the inputs. */
    public Node input(int index) {
        return inputs.get(index);
    }

    /** Shape of the result. */
    public Shape shape() {
        return shape;
    }

    /** Element type of the result. */
    public DType dtype() {
        return dtype;
    }

    /** The evaluated elements in row-major order, if there are any yet. */
    @SuppressWarnings("exports") // JSpecify is for our compiler; a user's module must not need it
    public @Nullable Buffer value() {
        return value;
    }

    /** Keeps the evaluated elements. A node that stops gradients then forgets where they came from. */
    public void value(Buffer evaluated) {
        value = evaluated;
        if (op instanceof View.Stop) {
            inputs = List.of();
        }
    }

    /** The same op on other inputs. */
    public Node withInputs(List<Node> others) {
        return new Node(op, others, shape, dtype);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return op + " " + shape + " " + dtype;
    }
}
