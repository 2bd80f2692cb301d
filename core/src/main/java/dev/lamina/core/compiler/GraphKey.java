package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.NodeTable;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.Op;
import java.util.Arrays;
import java.util.List;

/** The structure of a graph without its data: equal keys mean that one plan serves both graphs. */
public final class GraphKey {
    private static final Op SLOT = new Leaf.Input();

    private final String backend;
    private final Op[] ops;
    private final Shape[] shapes;
    private final DType[] dtypes;
    private final int[] edges;
    private final int hash;

    /**
     * @param order nodes, inputs before users
     * @param slots for each node the number of the slot that it is fed through, or -1
     * @param targets for each output the slot that it updates, or -1
     * @param fed the first slots, which may differ in each run; also those that no node reads have their place and size
     */
    GraphKey(
            String backend, Nodes.Order order, int[] slots, List<Node> outputs, List<Integer> targets, List<Node> fed) {
        this.backend = backend;
        int count = order.nodes().size();
        List<Node> unread = unread(order, fed);
        ops = new Op[count];
        shapes = new Shape[count + unread.size()];
        dtypes = new DType[count + unread.size()];
        int[] links = new int[3 * count + 2 * outputs.size()];
        int used = 0;
        int h = backend.hashCode();
        for (int i = 0; i < count; i++) {
            Node node = order.nodes().get(i);
            List<Node> inputs = slots[i] < 0 ? node.inputs() : List.of();
            ops[i] = slots[i] < 0 ? node.op() : SLOT;
            shapes[i] = node.shape();
            dtypes[i] = node.dtype();
            if (used + inputs.size() >= links.length) {
                links = Arrays.copyOf(links, 2 * links.length + inputs.size());
            }
            links[used++] = slots[i];
            for (int k = 0; k < inputs.size(); k++) {
                links[used++] = order.positions().get(inputs.get(k));
            }
            h = 31 * h + 961 * Op.hash(ops[i]) + 31 * shapes[i].hashCode() + dtypes[i].hashCode();
        }
        for (Node node : unread) {
            shapes[count] = node.shape();
            dtypes[count++] = node.dtype();
        }
        edges = Arrays.copyOf(links, used + outputs.size() + targets.size() + 1);
        for (Node output : outputs) {
            edges[used++] = order.positions().get(output);
        }
        for (int target : targets) {
            edges[used++] = target;
        }
        edges[used] = fed.size();
        hash = 31 * h + Arrays.hashCode(edges);
    }

    private static List<Node> unread(Nodes.Order order, List<Node> fed) {
        return fed.stream()
                .filter(node -> order.positions().get(node) == NodeTable.NONE)
                .toList();
    }

    /** The key of a function: a graph on placeholders. */
    public static GraphKey of(List<Node> inputs, List<Node> outputs) {
        Nodes.Order order = Nodes.ordered(outputs, node -> false);
        int[] slots = new int[order.nodes().size()];
        Arrays.fill(slots, -1);
        for (int i = 0; i < inputs.size(); i++) {
            int at = order.positions().get(inputs.get(i));
            if (at != NodeTable.NONE) {
                slots[at] = i;
            }
        }
        return new GraphKey("", order, slots, outputs, List.of(), inputs);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GraphKey key
                && key.hash == hash
                && Arrays.equals(key.edges, edges)
                && Arrays.equals(key.shapes, shapes)
                && sameOps(key.ops)
                && Arrays.equals(key.dtypes, dtypes)
                && key.backend.equals(backend);
    }

    private boolean sameOps(Op[] others) {
        for (int i = 0; i < ops.length; i++) {
            if (!Op.same(others[i], ops[i])) {
                return false;
            }
        }
        return true;
    }
}
