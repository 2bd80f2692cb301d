package dev.lamina.core.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The table does what a map does. */
class NodeTableTest {
    @Test
    void agreesWithAMap() {
        SplittableRandom random = new SplittableRandom(1);
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            nodes.add(new Node(new Leaf.Input(), List.of(), Shape.of(), DType.F32));
        }
        NodeTable table = new NodeTable(0);
        Map<Node, Integer> map = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            Node node = nodes.get(random.nextInt(nodes.size()));
            assertEquals(map.getOrDefault(node, NodeTable.NONE), table.get(node));
            if (random.nextInt(3) > 0) {
                map.put(node, i);
                table.put(node, i);
            }
        }
        for (Node node : nodes) {
            assertEquals(map.getOrDefault(node, NodeTable.NONE), table.get(node));
        }
    }
}
