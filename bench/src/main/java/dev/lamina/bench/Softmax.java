package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** y = softmax(x) along rows and the gradient of x from that of y, both stored: two arrays read, two written. */
final class Softmax implements Work {
    private static final int ROWS = 1024;
    private static final int COLUMNS = 1024;
    private static final double BYTES = 4.0 * 4 * ROWS * COLUMNS;

    private final float[] x;
    private final float[] upstream;
    private final float[] y = new float[ROWS * COLUMNS];
    private final float[] gradient = new float[ROWS * COLUMNS];
    private final Execution execution;

    Softmax() {
        Shape shape = Shape.of(ROWS, COLUMNS);
        Tensor values = Random.seed(1).normal(shape).mul(3);
        Tensor weights = Random.seed(2).normal(shape);
        x = values.toFloatArray();
        upstream = weights.toFloatArray();
        Tensor input = Tensor.input(DType.F32, shape);
        Tensor above = Tensor.input(DType.F32, shape);
        Tensor output = input.softmax(1);
        Tensor below = Gradients.of(output, above, List.of(input)).get(0);
        execution = Plan.compile(List.of(input, above), List.of(output, below), Map.of())
                .start();
        execution.input(0, values);
        execution.input(1, weights);
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.rate("GB/s", BYTES * 1e-9);
    }

    @Override
    public void check() {
        run();
        loops();
        Check.close("softmax", y, execution.outputTensor(0).toFloatArray(), 1e-6);
        Check.close("softmax gradient", gradient, execution.outputTensor(1).toFloatArray(), 1e-6);
        double sum = 0;
        for (int i = 0; i < COLUMNS; i++) {
            sum += y[i];
        }
        Check.close("sum of a row", 1, sum, 1e-5);
    }

    @Override
    public Optional<Peer> peer() {
        return Optional.of(new Peer("loops over float[] in plain Java with Math.exp", unit(), this::loops));
    }

    private void loops() {
        Team.run(ROWS, (from, to) -> {
            for (int row = from; row < to; row++) {
                row(row * COLUMNS, row * COLUMNS + COLUMNS);
            }
        });
    }

    private void row(int from, int to) {
        float most = Float.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            most = Math.max(most, x[i]);
        }
        double sum = 0;
        for (int i = from; i < to; i++) {
            y[i] = (float) Math.exp(x[i] - most);
            sum += y[i];
        }
        float scale = (float) (1 / sum);
        double dot = 0;
        for (int i = from; i < to; i++) {
            y[i] *= scale;
            dot += y[i] * upstream[i];
        }
        float mean = (float) dot;
        for (int i = from; i < to; i++) {
            gradient[i] = y[i] * (upstream[i] - mean);
        }
    }
}
