package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Optimizers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One step of Adam: parameter, gradient and both moments are read, all but the gradient written. */
final class AdamStep implements Work {
    private static final int COUNT = 10_000_000;
    private static final double BYTES = 7.0 * 4 * COUNT;
    private static final double RATE = 1e-3;

    private final Variable parameter = Variable.of("parameter", Tensor.ones(COUNT));
    private final Execution execution;

    AdamStep() {
        Tensor gradient = Tensor.input(DType.F32, Shape.of(COUNT));
        Map<Variable, Tensor> updates = Optimizers.adam(RATE).updates(Map.of(parameter, gradient));
        execution = Plan.compile(List.of(gradient), List.of(), updates).start();
        execution.input(0, Tensor.arange(DType.F32, COUNT).remainder(5).sub(2));
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.rate("GB/s", BYTES * 1e-9);
    }

    /** After the first step both moments, freed of their bias, are g and g^2, so p moves by the rate against the sign of g. */
    @Override
    public void check() {
        run();
        for (int i = 0; i < COUNT; i += 997) {
            double actual = parameter.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            Check.close("adam at " + i, 1 - RATE * Integer.signum(i % 5 - 2), actual, 1e-6);
        }
    }

    /** The same number of bytes: half of them read, half written. */
    @Override
    public Optional<Peer> peer() {
        MemorySegment from = Tensor.ones(COUNT).segment();
        MemorySegment to = Variable.of("copy", Tensor.zeros(COUNT)).target();
        Unit unit = Unit.rate("GB/s", 2.0 * 4 * COUNT * 1e-9);
        return Optional.of(new Peer(
                "MemorySegment.copy of as many floats",
                unit,
                () -> Team.run(
                        COUNT,
                        (first, last) -> MemorySegment.copy(from, 4L * first, to, 4L * first, 4L * (last - first)))));
    }
}
