package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps, options and state of optimizers; trajectories are compared with PyTorch's in testkit. */
class OptimizerTest {
    static Stream<Optimizer> all() {
        return Stream.of(
                Optimizers.gradientDescent(0.1),
                Optimizers.sgd(0.05).momentum(0.9).nesterov(),
                Optimizers.rmsprop(0.05).centered().momentum(0.5),
                Optimizers.adam(0.2).amsgrad(),
                Optimizers.adamw(0.2),
                Optimizers.adamax(0.2),
                Optimizers.nadam(0.2),
                Optimizers.radam(0.5),
                Optimizers.adagrad(1),
                Optimizers.adadelta(20),
                Optimizers.lion(0.04),
                Optimizers.lamb(0.05).weightDecay(0),
                Optimizers.adafactor(0.5),
                Optimizers.muon(0.2).weightDecay(0).adamFor(ParameterGroup.path("x")));
    }

    @ParameterizedTest
    @MethodSource("all")
    void findsTheLowestPoint(Optimizer optimizer) {
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2}));
        Tensor goal = Tensor.of(new float[] {1, 1});
        double first = 0;
        double last = 0;
        for (int i = 0; i < 150; i++) {
            Tensor loss = x.value().sub(goal).square().sum();
            optimizer.step(Gradients.of(loss, List.of(x)));
            last = loss.item();
            first = i == 0 ? last : first;
        }
        assertTrue(last < 0.02 * first, optimizer.getClass() + ": " + first + " to " + last);
        assertEquals(150, optimizer.steps());
    }

    @ParameterizedTest
    @MethodSource("all")
    void configsMakeEqualOptimizers(Optimizer optimizer) {
        optimizer.clipNorm(0.5);
        Config config = Optimizers.config(optimizer).orElseThrow();
        Optimizer again = Optimizers.of(config);
        assertEquals(config, Optimizers.config(again).orElseThrow());
        assertArrayEquals(path(optimizer), path(again));
    }

    private static float[] path(Optimizer optimizer) {
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2}));
        for (int i = 0; i < 8; i++) {
            optimizer.step(Gradients.of(x.value().square().sum(), List.of(x)));
        }
        return x.value().toFloatArray();
    }

    @Test
    void changingTheLearningRateCompilesNothing() {
        Optimizer optimizer = Optimizers.adam(0.1);
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2, 1}));
        long compiled = 0;
        for (int i = 0; i < 5; i++) {
            optimizer.learningRate(0.1 / (i + 1));
            Tensor loss = x.value().square().sum();
            optimizer.step(Gradients.of(loss, List.of(x)));
            assertTrue(loss.item() > 0);
            if (i == 0) {
                compiled = Plan.compiledCount();
            }
        }
        assertEquals(compiled, Plan.compiledCount());
    }

    @Test
    void aRuleOfYourOwnIsOneMethod() {
        class SignDescent extends Optimizer {
            SignDescent(double learningRate) {
                super(learningRate);
            }

            @Override
            protected Tensor next(ParameterUpdate p) {
                return p.value().sub(p.gradient().sign().mul(p.learningRate()));
            }
        }
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2}));
        Optimizer optimizer = new SignDescent(0.5);
        optimizer.step(Gradients.of(x.value().square().sum(), List.of(x)));
        assertArrayEquals(new float[] {2.5f, -1.5f}, x.value().toFloatArray());
        assertTrue(Optimizers.config(optimizer).isEmpty());
    }

    @Test
    void slotsAreKeptByParameter() {
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2}));
        Optimizer optimizer = Optimizers.sgd(0.1).momentum(0.9);
        assertEquals(Map.of(), optimizer.slots(x));
        optimizer.step(Map.of(x, Tensor.of(new float[] {1, 2})));
        assertEquals(List.of("momentum"), List.copyOf(optimizer.slots(x).keySet()));
        assertArrayEquals(
                new float[] {1, 2}, optimizer.slots(x).get("momentum").value().toFloatArray());
        assertArrayEquals(new float[] {2.9f, -2.2f}, x.value().toFloatArray(), 1e-6f);
    }

    @Test
    void wrongOptionsAreRefused() {
        assertThrows(LaminaException.class, () -> Optimizers.sgd(-1));
        assertThrows(LaminaException.class, () -> Optimizers.sgd(Double.NaN));
        assertThrows(LaminaException.class, () -> Optimizers.adam(0.1).betas(1, 0.9));
        assertThrows(LaminaException.class, () -> Optimizers.adamax(0.1).amsgrad());
        assertThrows(LaminaException.class, () -> Optimizers.sgd(0.1).clipNorm(0));
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2}));
        assertThrows(
                LaminaException.class,
                () -> Optimizers.sgd(0.1).nesterov().step(Map.of(x, Tensor.of(new float[] {1, 2}))));
        assertThrows(LaminaException.class, () -> Optimizers.sgd(0.1).weightDecay(-1));
        assertThrows(LaminaException.class, () -> Optimizers.lion(0.1).betas(0.9, 1));
        assertThrows(LaminaException.class, () -> Averaging.ema(1));
        assertThrows(LaminaException.class, () -> Schedules.cosine(0));
        assertThrows(LaminaException.class, () -> Schedules.oneCycle(10).rise(1));
        assertThrows(LaminaException.class, () -> ParameterGroup.vectors().rate(-1));
    }

    @Test
    void clipValueCutsEachElement() {
        Variable x = Variable.of("x", Tensor.of(new float[] {0, 0}));
        Optimizers.gradientDescent(1).clipValue(0.5).step(Map.of(x, Tensor.of(new float[] {3, -0.2f})));
        assertArrayEquals(new float[] {-0.5f, 0.2f}, x.value().toFloatArray(), 1e-7f);
    }

    /** 0.9^t is subnormal from t = 830 on; arithmetic on such numbers takes ten times as long. */
    @ParameterizedTest
    @MethodSource("all")
    void aDeadParameterLeavesNoSubnormalNumbersBehind(Optimizer optimizer) {
        Variable x = Variable.of("x", Tensor.of(new float[] {3, -2}));
        optimizer.step(Map.of(x, Tensor.of(new float[] {1, -1e-6f})));
        for (int step = 0; step < 1000; step++) {
            optimizer.step(Map.of(x, Tensor.zeros(2)));
        }
        optimizer.slots(x).forEach((name, slot) -> {
            for (float value : slot.value().toFloatArray()) {
                assertTrue(value == 0 || Math.abs(value) >= Float.MIN_NORMAL, name + " " + value);
            }
        });
    }
}
