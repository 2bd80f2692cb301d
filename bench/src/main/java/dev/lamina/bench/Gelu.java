package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** y = 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): a chain of cheap functions around one dear one. */
final class Gelu implements Work {
    private static final int COUNT = 1 << 16;
    private static final double SCALE = Math.sqrt(2 / Math.PI);

    private final float[] x = new float[COUNT];
    private final float[] y = new float[COUNT];
    private final Execution execution;

    Gelu() {
        for (int i = 0; i < COUNT; i++) {
            x[i] = (i - COUNT / 2) * (16f / COUNT);
        }
        Tensor input = Tensor.input(DType.F32, Shape.of(COUNT));
        execution = Plan.compile(List.of(input), List.of(input.geluTanh()), Map.of())
                .start();
        execution.input(0, Tensor.of(x));
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.cost("ns/element", 1e9 / COUNT);
    }

    @Override
    public void check() {
        run();
        loop(0, COUNT);
        Check.close("gelu", y, execution.outputTensor(0).toFloatArray(), 1e-6);
    }

    @Override
    public Optional<Peer> peer() {
        return Optional.of(new Peer(
                "a loop over float[] in plain Java with Math.tanh", unit(), () -> Team.run(COUNT, this::loop)));
    }

    private void loop(int from, int to) {
        for (int i = from; i < to; i++) {
            double v = x[i];
            y[i] = (float) (0.5 * v * (1 + Math.tanh(SCALE * (v + 0.044715 * v * v * v))));
        }
    }
}
