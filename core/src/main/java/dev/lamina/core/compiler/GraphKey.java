package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The structure of a graph without its data: equal keys mean that one plan serves both graphs. */
final class GraphKey {
    private static final Op SLOT = new Leaf.Input();

    private final String backend;
    private final Op[] ops;
    private final Shape[] shapes;
    private final DType[] dtypes;
    private final int[] edges;
    private final int hash;

    /**
     * @param order nodes, inputs before users
     * @param slots the nodes that are fed from outside, with their numbers
     */
    GraphKey(String backend, List<Node> order, Map<Node, Integer> slots, List<Node> outputs, List<Integer> targets) {
        this.backend = backend;
        int count = order.size();
        ops = new Op[count];
        shapes = new Shape[count];
        dtypes = new DType[count];
        Map<Node, Integer> numbers = new IdentityHashMap<>(2 * count);
        List<Integer> links = new ArrayList<>(3 * count);
        int h = backend.hashCode();
        for (int i = 0; i < count; i++) {
            Node node = order.get(i);
            numbers.put(node, i);
            Integer slot = slots.get(node);
            ops[i] = slot == null ? node.op() : SLOT;
            shapes[i] = node.shape();
            dtypes[i] = node.dtype();
            links.add(slot == null ? -1 : slot);
            if (slot == null) {
                node.inputs().forEach(input -> links.add(numbers.get(input)));
            }
            h = 31 * h + 961 * ops[i].hashCode() + 31 * shapes[i].hashCode() + dtypes[i].ordinal();
        }
        outputs.forEach(output -> links.add(numbers.get(output)));
        links.addAll(targets);
        edges = links.stream().mapToInt(i -> i).toArray();
        hash = 31 * h + Arrays.hashCode(edges);
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
                && Arrays.equals(key.ops, ops)
                && Arrays.equals(key.shapes, shapes)
                && Arrays.equals(key.dtypes, dtypes)
                && key.backend.equals(backend);
    }
}
