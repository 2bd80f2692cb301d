package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * A random graph, the same for the same seed. Every value carries a bound of how far two correct backends may be apart;
 * operations that would turn a small difference into a large one (comparisons, rounding, sorting) get exact values only.
 */
final class FuzzGraph {
    /** No tensor grows beyond this, so that the interpreter stays quick. */
    static final int LARGEST = 6000;

    /** Ugly sizes; the empty one and the large one come up less often. */
    private static final int[] EXTENTS = {0, 1, 1, 1, 2, 2, 3, 3, 7, 7, 7, 7, 13, 13, 13, 13, 207};

    /**
     * A result to be compared.
     *
     * @param tensor lazy value
     * @param error allowed absolute difference; 0 = the same bits
     * @param relative allowed difference as a share of 1 plus the largest absolute value of the tensor
     */
    record Output(Tensor tensor, double error, double relative) {}

    /**
     * What a graph computes.
     *
     * @param outputs results
     * @param updates new values of variables, which are stored in the same run
     */
    record Built(List<Output> outputs, Map<Variable, Output> updates) {}

    /** Makes one more value from an existing one; empty where the operation does not fit. */
    interface Step {
        Optional<Traced> apply(FuzzGraph graph, Traced x);
    }

    private final SplittableRandom random;
    private final DType floats;
    private final int[] extents;
    private final List<Traced> pool = new ArrayList<>();
    private final List<Traced> floatLeaves = new ArrayList<>();
    private final Map<Variable, Traced> variables = new LinkedHashMap<>();
    private final boolean smooth;
    private final boolean stateful;

    private FuzzGraph(long seed) {
        random = new SplittableRandom(seed);
        smooth = random.nextInt(4) == 0;
        int kind = random.nextInt(10);
        floats = smooth
                ? (kind < 5 ? DType.F64 : DType.F32)
                : kind < 6 ? DType.F32 : kind < 8 ? DType.F64 : kind < 9 ? DType.BF16 : DType.F16;
        extents = new int[] {extent(), extent(), extent()};
        stateful = chance(30);
    }

    /** The graph of a seed, cut off after some steps. */
    static Built of(long seed, int steps) {
        FuzzGraph graph = new FuzzGraph(seed);
        int wanted = graph.random.nextInt(3, 19);
        graph.leaf();
        graph.leaf();
        for (int i = 0; i < Math.min(wanted, steps); i++) {
            graph.grow();
        }
        return new Built(graph.smooth ? graph.withGradients() : graph.someOutputs(), graph.updates());
    }

    private int extent() {
        return EXTENTS[random.nextInt(EXTENTS.length)];
    }

    /** True when only differentiable operations may be taken. */
    boolean smooth() {
        return smooth;
    }

    SplittableRandom random() {
        return random;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    /** A number below the bound. */
    int below(int bound) {
        return random.nextInt(bound);
    }

    /** One of the extents this graph is made of. */
    int anyExtent() {
        return extents[below(extents.length)];
    }

    DType floats() {
        return floats;
    }

    private void grow() {
        for (int attempt = 0; attempt < 20; attempt++) {
            // Young values are taken more often, so that graphs become deep.
            int back = Math.min(below(pool.size()), below(pool.size()));
            Traced x = pool.get(pool.size() - 1 - back);
            // A value of which little is known would hide faults in what follows.
            x = chance(10) || x.error() > 0.02 ? leaf() : x;
            Optional<Traced> made = FuzzSteps.pick(this, x).apply(this, x).filter(FuzzGraph::isSmall);
            if (made.isPresent()) {
                pool.add(tamed(made.get()));
                return;
            }
        }
    }

    private static boolean isSmall(Traced x) {
        return x.shape().size() <= LARGEST && x.rank() <= 6;
    }

    /** Large floats are scaled by a power of two, which changes no digit. */
    private static Traced tamed(Traced x) {
        if (!x.isFloat() || x.max() <= 32) {
            return x;
        }
        double scale = Math.scalb(1.0, -Math.getExponent(x.max()));
        Tensor scaled = x.tensor().mul(scale);
        return Traced.rounded(scaled, x.max() * scale, x.error() * scale, x.grid() * scale, 0);
    }

    /** A new leaf in a shape of this graph's extents. */
    Traced leaf() {
        int[] dims = new int[below(4)];
        long size = 1;
        for (int i = 0; i < dims.length; i++) {
            int extent = anyExtent();
            dims[i] = size * extent > LARGEST / 2 ? 1 : extent;
            size *= dims[i];
        }
        return leaf(Shape.of(dims), anyType());
    }

    private DType anyType() {
        int ticket = below(100);
        if (ticket < (smooth ? 90 : 65)) {
            return floats;
        }
        DType[] others = {
            DType.I64, DType.I32, DType.I8, DType.U8, DType.BOOL, DType.F32, DType.F64, DType.BF16, DType.F16
        };
        return others[below(smooth ? 7 : others.length)];
    }

    /** A new leaf of random values, or now and then of one value. */
    Traced leaf(Shape shape, DType dtype) {
        Traced leaf = chance(8) ? FuzzLeaves.constant(this, shape, dtype) : FuzzLeaves.data(this, shape, dtype);
        if (stateful && chance(60)) {
            Variable variable = Variable.of("v" + variables.size(), leaf.tensor());
            leaf = leaf.moved(variable.value());
            variables.put(variable, leaf);
        }
        pool.add(leaf);
        if (leaf.isFloat()) {
            floatLeaves.add(leaf);
        }
        return leaf;
    }

    /** An existing value that passes a test, young ones first. */
    Optional<Traced> find(Predicate<Traced> test) {
        return pool.reversed().stream().filter(test).filter(x -> chance(70)).findFirst();
    }

    /** For every variable some value of its shape and dtype, often its own elements in another order. */
    private Map<Variable, Output> updates() {
        Map<Variable, Output> updates = new LinkedHashMap<>();
        variables.forEach((variable, old) -> {
            Traced turned =
                    old.moved(old.rank() == 0 ? old.tensor() : old.tensor().flip(below(old.rank())));
            Traced next = find(x -> x.shape().equals(old.shape())
                            && x.tensor().dtype() == old.tensor().dtype()
                            && (!x.equals(old) || chance(20)))
                    .filter(x -> chance(80))
                    .orElse(turned);
            updates.put(variable, output(next));
        });
        return updates;
    }

    private List<Output> someOutputs() {
        List<Output> outputs = new ArrayList<>();
        outputs.add(output(pool.getLast()));
        while (chance(40) && outputs.size() < 4) {
            outputs.add(output(pool.get(below(pool.size()))));
        }
        return outputs;
    }

    private static Output output(Traced x) {
        return new Output(x.tensor(), x.error(), 0);
    }

    /** Outputs and the gradients of a random projection of the last float value with respect to the float leaves. */
    private List<Output> withGradients() {
        List<Output> outputs = someOutputs();
        Optional<Traced> last = pool.reversed().stream().filter(Traced::isFloat).findFirst();
        if (last.isEmpty() || floatLeaves.isEmpty()) {
            return outputs;
        }
        Traced y = last.get();
        List<Tensor> leaves = floatLeaves.stream().map(Traced::tensor).toList();
        Tensor upstream = FuzzLeaves.data(this, y.shape(), y.tensor().dtype()).tensor();
        // No bound is traced through the reverse walk: about half the digits of the narrowest type have to agree.
        double share = pool.stream().anyMatch(x -> x.tensor().dtype() == DType.F32) ? 1e-3 : 1e-9;
        for (Tensor gradient : Gradients.of(y.tensor(), upstream, leaves)) {
            outputs.add(new Output(gradient, 0, share));
        }
        return outputs;
    }
}
