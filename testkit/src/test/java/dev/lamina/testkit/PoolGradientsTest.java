package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What moves before the gradient of pooling: the mask of relu and the sum of a bias, against both done by themselves. */
class PoolGradientsTest {
    private static final int CHANNELS = 5;

    /** Halves, so that there are ties and zeros. */
    private static Tensor halves(long seed, Shape shape) {
        return Random.seed(seed).uniform(shape).mul(9).sub(4).floor().mul(0.5).evaluate();
    }

    private static Slide slide(int window) {
        return switch (window) {
            case 2 -> Slide.by(2, 2);
            case 3 -> Slide.by(2, 2).padding(1);
            case 4 -> Slide.by(3, 1);
            default -> Slide.by(7, 6);
        };
    }

    private static List<double[]> together(Tensor z, Tensor up, int window) {
        Tensor y = z.relu().maxPool(slide(window), window, window);
        Tensor gradient = Gradients.of(y.mul(up).sum(), List.of(z)).get(0);
        Tensor bias = gradient.sum(0, 1, 2);
        var execution =
                Plan.compile(List.of(), List.of(y, gradient, bias), Map.of()).start();
        execution.run();
        return List.of(
                execution.outputTensor(1).toDoubleArray(),
                execution.outputTensor(2).toDoubleArray());
    }

    /** The gradient of pooling alone; then the mask and the sum in plain Java. */
    private static List<double[]> apart(Tensor z, Tensor up, int window) {
        Tensor h = z.relu().evaluate();
        Tensor y = h.maxPool(slide(window), window, window);
        double[] gradient =
                Gradients.of(y.mul(up).sum(), List.of(h)).get(0).evaluate().toDoubleArray();
        double[] values = h.toDoubleArray();
        double[] bias = new double[CHANNELS];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = values[i] <= 0 ? 0 : gradient[i];
            bias[i % CHANNELS] += gradient[i];
        }
        return List.of(gradient, bias);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5})
    void asByThemselves(int window) {
        Tensor z = halves(1, Shape.of(3, 11, 10, CHANNELS));
        Shape windows = z.maxPool(slide(window), window, window).shape();
        Tensor up = halves(2, windows);
        for (String backend : List.of("interpreter", "tasks", "cpu")) {
            List<double[]> expected = OnBackend.of(backend, () -> apart(z, up, window));
            List<double[]> got = OnBackend.of(backend, () -> together(z, up, window));
            for (int i = 0; i < 2; i++) {
                assertArrayEquals(expected.get(i), got.get(i), 0, backend + ", value " + i);
            }
        }
    }

    @Test
    void notANumberHasItsGradient() {
        Tensor z = Tensor.of(new float[] {-1, Float.NaN, 2, -3}).reshape(1, 1, 4, 1);
        Tensor y = z.relu().maxPool(Slide.by(1, 2), 1, 2);
        Tensor gradient = Gradients.of(y.mul(3).sum(), List.of(z)).get(0);
        var execution = Plan.compile(List.of(), List.of(y, gradient), Map.of()).start();
        execution.run();
        assertArrayEquals(new double[] {0, 3, 3, 0}, execution.outputTensor(1).toDoubleArray());
    }
}
