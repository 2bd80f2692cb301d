package dev.lamina.core.compiler;

import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Gives every stored node its buffer, given the order of units ({@link Order}). An update is written in place where
 * nobody reads the old value afterwards; otherwise into an intermediate buffer that is copied at the end.
 */
final class Schedule {
    private final Graph graph;
    private final Storage storage;
    private final Map<Node, Unit> units;
    private final List<Unit> order;
    private final Map<Unit, Integer> positions = new HashMap<>();
    private final Map<Node, Integer> buffers = new HashMap<>();
    private final Map<Node, Integer> lastReads = new HashMap<>();
    private final List<Node> temporaries = new ArrayList<>();
    /** Products that only the rest of their chain reads. */
    private final Set<Node> scratch = new HashSet<>();

    private final Map<Node, ScanTask> scans = new HashMap<>();
    /** Outputs that are copied at the end, from which node. */
    private final Map<Integer, Node> copies = new TreeMap<>();

    Schedule(Graph graph, Storage storage, Map<Node, Unit> units) {
        this.graph = graph;
        this.storage = storage;
        this.units = units;
        order = new Order(graph, units).best();
        for (Unit unit : order) {
            positions.put(unit, positions.size());
        }
        findLastReads();
        place();
    }

    /** The tasks in order with the memory they need. */
    Lowered lowered() {
        TaskBuilder builder = new TaskBuilder(storage, buffers, scratch, scans);
        List<Task> tasks = new ArrayList<>();
        int[] firsts = new int[order.size()];
        int[] lasts = new int[order.size() + 1];
        for (int i = 0; i < order.size(); i++) {
            int before = tasks.size();
            builder.add(order.get(i), tasks);
            firsts[i] = i > 0 && tasks.size() == before + 1 && joinsImages(tasks) ? firsts[i - 1] : i;
            Arrays.fill(lasts, firsts[i], i + 1, i);
        }
        lasts[order.size()] = order.size();
        int first = graph.inputs().size();
        for (Map.Entry<Integer, Node> copy : copies.entrySet()) {
            builder.copy(copy.getValue(), first + copy.getKey(), tasks);
        }
        int count = temporaries.size();
        Set<Integer> inner = new HashSet<>();
        long[] sizes = new long[count];
        int[] births = new int[count];
        int[] deaths = new int[count];
        for (int i = 0; i < count; i++) {
            Node node = temporaries.get(i);
            sizes[i] = bytes(node);
            int birth = positions.get(units.get(node));
            births[i] = firsts[birth];
            deaths[i] = lasts[Math.max(birth, lastReads.getOrDefault(node, birth))];
            if (deaths[i] == lasts[birth]) {
                inner.add(buffers.get(node));
            }
        }
        tasks.replaceAll(task -> task instanceof Task.Images images ? with(images, inner) : task);
        MemoryPlan memory = new MemoryPlan(sizes, births, deaths);
        return new Lowered(List.copyOf(tasks), first, graph.outputs().size(), sizes(sizes), memory);
    }

    /** Puts the last task to those before it, if all go through the same images; what they leave in memory then lives side by side. */
    private boolean joinsImages(List<Task> tasks) {
        Task last = tasks.getLast();
        if (tasks.size() < 2) {
            return false;
        }
        Task before = tasks.get(tasks.size() - 2);
        Task any = before instanceof Task.Images images ? images.tasks().getFirst() : before;
        int count = images(last);
        if (count < 2 || images(any) != count || keepsWeights(any) || keepsWeights(last)) {
            return false;
        }
        List<Task> all = new ArrayList<>(before instanceof Task.Images images ? images.tasks() : List.of(before));
        all.add(last);
        tasks.subList(tasks.size() - 2, tasks.size()).clear();
        tasks.add(new Task.Images(count, List.copyOf(all), Set.of()));
        return true;
    }

    private static Task.Images with(Task.Images images, Set<Integer> inner) {
        Set<Integer> own = new HashSet<>(inner);
        own.retainAll(images.writes().map(Task.Access::buffer).toList());
        return new Task.Images(images.count(), images.tasks(), Set.copyOf(own));
    }

    /** How many images a convolution or pooling has; 0 if a task is something else. */
    private static int images(Task task) {
        Task work = task instanceof Task.Chain chain ? chain.product() : task;
        if (work instanceof Task.Convolution conv) {
            return conv.x().dims()[0];
        }
        return work instanceof Task.Pooling pooling ? pooling.out().dims()[0] : 0;
    }

    /** Whether a task may find its weights packed, which a kernel for several tasks does not. */
    private boolean keepsWeights(Task task) {
        Task product = task instanceof Task.Chain chain ? chain.product() : task;
        return product instanceof Task.Convolution conv
                && conv.part() != Window.Part.KERNEL
                && graph.stays(conv.w().buffer());
    }

    private long[] sizes(long[] temporary) {
        int inputs = graph.inputs().size();
        int outputs = graph.outputs().size();
        long[] all = new long[inputs + outputs + temporary.length];
        for (int i = 0; i < inputs + outputs; i++) {
            all[i] = bytes(i < inputs ? graph.inputs().get(i) : graph.outputs().get(i - inputs));
        }
        System.arraycopy(temporary, 0, all, inputs + outputs, temporary.length);
        return all;
    }

    private static long bytes(Node node) {
        return node.shape().size() * node.dtype().bytes();
    }

    // ---------------------------------------------------------------- places

    private void findLastReads() {
        for (int i = 0; i < order.size(); i++) {
            Unit unit = order.get(i);
            for (Storage.Read read : unit.reads()) {
                if (units.get(read.memory()) != unit) {
                    lastReads.merge(read.memory(), i, Math::max);
                }
            }
        }
    }

    private void place() {
        for (int i = 0; i < graph.inputs().size(); i++) {
            buffers.put(graph.inputs().get(i), i);
        }
        int first = graph.inputs().size();
        for (int i = 0; i < graph.outputs().size(); i++) {
            Node node = graph.outputs().get(i);
            if (isSafe(node, graph.targets().get(i))) {
                buffers.put(node, first + i);
            } else {
                copies.put(i, node);
                lastReads.put(node, order.size());
            }
        }
        int next = first + graph.outputs().size();
        for (Unit unit : order) {
            for (Node node : unit.nodes()) {
                if (!buffers.containsKey(node) && isRead(node)) {
                    buffers.put(node, next++);
                    temporaries.add(node);
                }
            }
            Node product = unit.nodes().get(0);
            if (product.op() instanceof Fused.Scan scan && scan.steps() > 0) {
                placeRoom(unit, next++);
            }
            if (unit.isChain() && !isRead(product)) {
                scratch.add(product);
                Node over = overProduct(unit);
                if (over == product) {
                    buffers.put(product, next++);
                    temporaries.add(product);
                } else {
                    buffers.put(product, buffers.get(over));
                }
            }
        }
    }

    /** Memory for the intermediate values of a scan's steps. */
    private void placeRoom(Unit unit, int buffer) {
        Node scan = unit.nodes().get(0);
        ScanTask task = new ScanTask(scan, storage);
        scans.put(scan, task);
        units.put(task.room(), unit);
        buffers.put(task.room(), buffer);
        temporaries.add(task.room());
    }

    /** The node of a chain that is stored over the product, which nobody else reads; the product if none can be. */
    private Node overProduct(Unit chain) {
        Node product = chain.nodes().get(0);
        for (Node node : chain.nodes()) {
            int output = graph.outputs().indexOf(node);
            boolean fresh = output < 0 || graph.targets().get(output) < 0 || copies.containsKey(output);
            boolean fits = node.dtype() == product.dtype() && !Unit.isBundle(node);
            if (node != product && isRead(node) && fresh && fits) {
                return node;
            }
        }
        return product;
    }

    /** Whether an update may be written over the input that it updates. */
    private boolean isSafe(Node node, int target) {
        if (target < 0) {
            return true;
        }
        Node input = graph.inputs().get(target);
        Unit unit = units.get(node);
        int last = lastReads.getOrDefault(input, -1);
        int position = positions.get(unit);
        if (last < position) {
            return true;
        }
        return last == position && unit.isInPlace(node, input);
    }

    /** Whether a node has to be in memory: it is an output, or somebody outside its own unit reads it. */
    private boolean isRead(Node node) {
        return !scratch.contains(node) && (buffers.containsKey(node) || lastReads.containsKey(node));
    }
}
