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

/** One step of Adam on 100 million parameters: parameter, gradient and both moments are read, all but the gradient written. */
final class AdamStep implements Work {
    private static final int COUNT = 100_000_000;
    private static final double BYTES = 7.0 * 4 * COUNT;
    private static final double RATE = 1e-3;

    private final Variable parameter = Variable.of("parameter", Tensor.ones(COUNT));
    private final Execution execution;

    AdamStep() {
        Tensor gradient = Tensor.input(DType.F32, Shape.of(COUNT));
        Map<Variable, Tensor> updates = Optimizers.adam(RATE).updates(Map.of(parameter, gradient));
        execution = Plan.compile(List.of(gradient), List.of(), updates).start();
        MemorySegment values = execution.input(0);
        for (int i = 0; i < COUNT; i++) {
            values.setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 5 - 2);
        }
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

    @Override
    public Optional<Peer> peer() {
        return Optional.of(Copy.of(4L * COUNT));
    }

    /** A run takes a tenth of a second or more. */
    @Override
    public int samples() {
        return 11;
    }
}
