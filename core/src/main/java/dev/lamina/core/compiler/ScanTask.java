package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Body;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Leaf;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Nodes;
import dev.lamina.core.op.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A scan as one step that is lowered once and runs again and again. Last carries are the memory of the carries: each step writes them in
 * place. Sequences and outputs are not copied: from step to step their buffers begin elsewhere.
 */
final class ScanTask {
    private final Node node;
    private final Fused.Scan scan;
    private final Lowered lowered;
    private final Optional<Lanes> lanes;

    /** Where the intermediate values of a step are; lanes use the same ones at the same time, at different steps. */
    private final MemoryPlan memory;

    /** For each sequence and capture the stored node that it is a view of. */
    private final List<Node> bases = new ArrayList<>();

    /** Stands for the intermediate values of a step. */
    private final Node room;

    ScanTask(Node node, Storage storage) {
        this.node = node;
        scan = (Fused.Scan) node.op();
        lowered = Lowering.lower(step(storage));
        lanes = lanes();
        memory = lanes.isPresent() ? apart() : lowered.memory();
        room = new Node(
                new Leaf.Input(), List.of(), Shape.of(Math.toIntExact(memory.total())), dev.lamina.core.DType.I8);
    }

    /** The first axis of the carries is that of the rows. */
    private Optional<Lanes> lanes() {
        List<Node> carries = scan.body().carries();
        int rows = carries.isEmpty() || carries.getFirst().shape().rank() == 0
                ? 0
                : carries.getFirst().shape().dim(0);
        boolean same = carries.stream()
                .allMatch(carry -> carry.shape().rank() > 0 && carry.shape().dim(0) == rows);
        return same && scan.steps() > 1 ? Lanes.of(lowered, carries.size(), rows) : Optional.empty();
    }

    /** A place of its own for each intermediate value. */
    private MemoryPlan apart() {
        int count = lowered.memory().count();
        long[] bytes = lowered.bytes();
        return new MemoryPlan(
                Arrays.copyOfRange(bytes, bytes.length - count, bytes.length), new int[count], new int[count]);
    }

    Node room() {
        return room;
    }

    /** The graph of one step on the memory that it finds: views, and the first element of sequences, are a part of it. */
    private Graph step(Storage storage) {
        Body body = scan.body();
        int carries = body.carries().size();
        int captures = carries + body.sequences().size();
        List<Node> inputs = new ArrayList<>(body.carries());
        Map<Node, Node> known = new HashMap<>();
        for (int i = carries; i < node.inputs().size(); i++) {
            List<Node> views = new ArrayList<>();
            Node base = base(node.input(i), storage, views);
            Node at = new Node(new Leaf.Input(), List.of(), base.shape(), base.dtype());
            bases.add(base);
            inputs.add(at);
            for (Node view : views) {
                at = view.withInputs(List.of(at));
            }
            Node placeholder = body.inputs().get(i);
            known.put(placeholder, i < captures ? first(at, placeholder) : at);
        }
        Map<Node, Node> copies = Nodes.rewrite(
                Nodes.order(body.results()), (inside, in) -> known.getOrDefault(inside, Nodes.with(inside, in)));
        List<Integer> targets = new ArrayList<>();
        for (int i = 0; i < body.results().size(); i++) {
            targets.add(i < carries ? i : -1);
        }
        return new Graph(inputs, body.results().stream().map(copies::get).toList(), targets, inputs.size());
    }

    /** The stored node behind views; these are added, the one that reads it first. */
    private static Node base(Node input, Storage storage, List<Node> views) {
        Node at = Storage.behindAfter(input);
        while (!storage.contains(at)) {
            views.addFirst(at);
            at = Storage.behindAfter(at.input(0));
        }
        return at;
    }

    private static Node first(Node sequence, Node element) {
        int rank = sequence.shape().rank();
        View.Slice slice = new View.Slice(Collections.nCopies(rank, 0), Collections.nCopies(rank, 1));
        Node one = new Node(slice, List.of(sequence), sequence.shape().with(0, 1), sequence.dtype());
        return new Node(new View.Reshape(), List.of(one), element.shape(), element.dtype());
    }

    /** The task, with buffers known. */
    Task.Repeat task(Storage storage, Map<Node, Integer> buffers) {
        Body body = scan.body();
        int carries = body.carries().size();
        int sequences = body.sequences().size();
        int packed = buffers.get(node);
        List<Task.Slot> results = new ArrayList<>();
        for (int i = 0; i < body.results().size(); i++) {
            long start = (long) scan.layout().start(i) * node.dtype().bytes();
            long bytes = bytes(body.results().get(i));
            results.add(slot(packed, start, i < carries ? 0 : bytes, bytes));
        }
        List<Task.Slot> slots = new ArrayList<>(results.subList(0, carries));
        for (int i = 0; i < bases.size(); i++) {
            Node base = bases.get(i);
            Task.Access access = storage.window(node.input(carries + i), buffers);
            boolean moves = i < sequences && base.shape().size() > 0;
            long step = moves ? access.strides()[0] * access.dtype().bytes() : 0;
            slots.add(slot(buffers.get(base), 0, step, Math.max(0, bytes(base) - (scan.steps() - 1) * step)));
        }
        slots.addAll(results);
        for (int i = 0; i < memory.count(); i++) {
            long bytes = lowered.bytes()[slots.size()];
            slots.add(new Task.Slot(buffers.get(room), memory.offset(i), 0, bytes));
        }
        return lanes.map(cut -> cut(cut, slots)).orElseGet(() -> {
            return new Task.Repeat(
                    scan.steps(), List.of(lowered.tasks()), List.of(new Task.Lane(0, List.copyOf(slots))));
        });
    }

    /** All lanes have as many rows but for the last one. */
    private Task.Repeat cut(Lanes cut, List<Task.Slot> slots) {
        int count = cut.count();
        int last = cut.first(count) - cut.first(count - 1);
        boolean same = last == cut.first(1);
        List<Task.Lane> result = new ArrayList<>();
        for (int lane = 0; lane < count; lane++) {
            List<Task.Slot> own = new ArrayList<>();
            for (int i = 0; i < slots.size(); i++) {
                Task.Slot all = slots.get(i);
                long before = cut.first(lane) * cut.step(i);
                own.add(new Task.Slot(all.buffer(), all.offset() + before, all.step(), all.bytes() - before));
            }
            result.add(new Task.Lane(lane == count - 1 && !same ? 1 : 0, List.copyOf(own)));
        }
        List<Task> most = cut.tasks(cut.first(1));
        return new Task.Repeat(
                scan.steps(), same ? List.of(most) : List.of(most, cut.tasks(last)), List.copyOf(result));
    }

    private Task.Slot slot(int buffer, long start, long step, long bytes) {
        return scan.reversed()
                ? new Task.Slot(buffer, start + (scan.steps() - 1) * step, -step, bytes)
                : new Task.Slot(buffer, start, step, bytes);
    }

    private static long bytes(Node node) {
        return node.shape().size() * node.dtype().bytes();
    }
}
