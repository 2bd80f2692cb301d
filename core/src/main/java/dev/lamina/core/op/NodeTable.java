package dev.lamina.core.op;

import java.util.Arrays;

/** Numbers of 0 or more by node. Graphs are walked in each step of a loop, and this is quicker and smaller than a map. */
public final class NodeTable {
    /** What {@link #get} returns for a node without a number. */
    public static final int NONE = -1;

    /** Spreads hashes that follow each other (Knuth, The Art of Computer Programming 6.4). */
    private static final int SPREAD = 0x9E3779B9;

    private Node[] nodes;
    private int[] numbers;
    private int size;
    private int shift;

    /** An empty table with room for some nodes; it grows. */
    public NodeTable(int expected) {
        int bits = 32 - Integer.numberOfLeadingZeros(Math.max(8, 2 * expected - 1));
        nodes = new Node[1 << bits];
        numbers = new int[1 << bits];
        shift = 32 - bits;
    }

    /** The number of a node, or {@link #NONE}. */
    public int get(Node node) {
        int at = place(node);
        return nodes[at] == null ? NONE : numbers[at];
    }

    /** Gives a node a number of 0 or more, in place of the one it has. */
    public void put(Node node, int number) {
        int at = place(node);
        if (nodes[at] == null) {
            if (2 * (size + 1) > nodes.length) {
                grow();
                at = place(node);
            }
            nodes[at] = node;
            size++;
        }
        numbers[at] = number;
    }

    /** Where a node is, or where it would be. At least half of the places are free, so this ends. */
    private int place(Node node) {
        int last = nodes.length - 1;
        int at = (node.hashCode() * SPREAD) >>> shift;
        while (nodes[at] != null && nodes[at] != node) {
            at = (at + 1) & last;
        }
        return at;
    }

    private void grow() {
        Node[] oldNodes = nodes;
        int[] oldNumbers = numbers;
        nodes = new Node[2 * oldNodes.length];
        numbers = Arrays.copyOf(oldNumbers, nodes.length);
        shift--;
        for (int i = 0; i < oldNodes.length; i++) {
            if (oldNodes[i] != null) {
                int at = place(oldNodes[i]);
                nodes[at] = oldNodes[i];
                numbers[at] = oldNumbers[i];
            }
        }
    }
}
