package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** y = min(x exp(max(x / 2 + 1/4, -4)) - 1/8, 6) + x: eight operations, one of them exp, one array read and one written. */
final class Chain implements Work {
    private final int count;
    private final boolean inCache;
    private final Execution execution;

    private Chain(int count, boolean inCache) {
        this.count = count;
        this.inCache = inCache;
        Tensor x = Tensor.input(DType.F32, Shape.of(count));
        Tensor power = x.mul(0.5).add(0.25).maximum(-4).exp();
        Tensor y = power.mul(x).sub(0.125).minimum(6).add(x);
        execution = Plan.compile(List.of(x), List.of(y), Map.of()).start();
        for (int i = 0; i < count; i++) {
            execution.input(0).setAtIndex(ValueLayout.JAVA_FLOAT, i, input(i));
        }
    }

    /** 64k numbers, which stay in the second cache: against a library that runs the operations one by one. */
    static Chain inCache() {
        return new Chain(1 << 16, true);
    }

    /** 64 MB in and 64 MB out: against a copy of as many bytes. */
    static Chain inMemory() {
        return new Chain(1 << 24, false);
    }

    private static float input(int i) {
        return (i % 4099 - 2049) / 256f;
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return inCache ? Unit.cost("ns/element", 1e9 / count) : Unit.rate("GB/s", 8e-9 * count);
    }

    @Override
    public void check() {
        run();
        for (int i = 0; i < count; i++) {
            double x = input(i);
            double expected = Math.min(Math.exp(Math.max(x / 2 + 0.25, -4)) * x - 0.125, 6) + x;
            Check.close("chain at " + i, expected, execution.output(0).getAtIndex(ValueLayout.JAVA_FLOAT, i), 1e-6);
        }
    }

    @Override
    public Optional<Peer> peer() {
        return inCache
                ? Peers.ask(Row.LIBTORCH, peers -> peers.chain(execution.input(0), count))
                        .map(rival -> Peer.of(rival, unit()))
                : Optional.of(Copy.of(4L * count));
    }
}
