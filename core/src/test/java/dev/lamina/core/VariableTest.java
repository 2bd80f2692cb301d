package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** State: assignments, versions, plans that update in place. */
class VariableTest {
    private final Variable a = Variable.of("a", Tensor.of(new float[] {1, 2}));
    private final Variable b = Variable.of("b", Tensor.of(new float[] {10, 20}));

    private static float[] values(Variable variable) {
        return variable.value().toFloatArray();
    }

    @Test
    void assignmentsChangeTheValue() {
        a.assign(a.value().mul(3));
        assertArrayEquals(new float[] {3, 6}, values(a));
        a.assign(a.value().add(b.value()));
        assertArrayEquals(new float[] {13, 26}, values(a));
        assertEquals(2, a.version());
    }

    @Test
    void allNewValuesSeeTheOldOnes() {
        Map<Variable, Tensor> swap = new LinkedHashMap<>();
        swap.put(a, b.value());
        swap.put(b, a.value());
        Variable.assignAll(swap, List.of());
        assertArrayEquals(new float[] {10, 20}, values(a));
        assertArrayEquals(new float[] {1, 2}, values(b));
        Map<Variable, Tensor> mixed = new LinkedHashMap<>();
        mixed.put(a, a.value().flip(0).add(b.value()));
        mixed.put(b, a.value().sum().mul(b.value()));
        Variable.assignAll(mixed, List.of());
        assertArrayEquals(new float[] {21, 12}, values(a));
        assertArrayEquals(new float[] {30, 60}, values(b));
    }

    @Test
    void furtherTensorsAreEvaluatedBeforeTheAssignment() {
        Tensor before = a.value().sum();
        Variable.assignAll(Map.of(a, a.value().add(1)), List.of(before));
        assertEquals(3, before.item());
        assertArrayEquals(new float[] {2, 3}, values(a));
    }

    @Test
    void anEvaluatedTensorOutlivesTheAssignment() {
        Tensor copy = a.value().add(0).evaluate();
        Tensor itself = a.value().evaluate();
        a.assign(b.value());
        assertArrayEquals(new float[] {1, 2}, copy.toFloatArray());
        assertArrayEquals(new float[] {1, 2}, itself.toFloatArray());
    }

    @Test
    void aStaleTensorIsAnErrorAndNotAWrongNumber() {
        Tensor stale = a.value().add(1);
        a.assign(b.value());
        LaminaException error = assertThrows(LaminaException.class, stale::evaluate);
        assertEquals(true, error.getMessage().contains("variable 'a'"));
    }

    @Test
    void theSegmentIsLiveAndReadOnly() {
        a.assign(b.value());
        assertEquals(10, a.segment().get(ValueLayout.JAVA_FLOAT, 0));
        assertEquals(true, a.segment().isReadOnly());
    }

    @Test
    void aPlanReadsInputsAndUpdatesVariables() {
        Tensor x = Tensor.input(DType.F32, Shape.of(2));
        Tensor sum = x.mul(a.value()).sum();
        Plan plan = Plan.compile(List.of(x), List.of(sum), Map.of(a, a.value().add(x)));
        Execution run = plan.start();
        run.input(0, Tensor.of(new float[] {1, 10}));
        run.run();
        assertEquals(21, run.outputTensor(0).item());
        assertArrayEquals(new float[] {2, 12}, values(a));
        run.run();
        assertEquals(122, run.outputTensor(0).item());
        assertArrayEquals(new float[] {3, 22}, values(a));
        assertThrows(ShapeException.class, () -> run.input(0, Tensor.of(new float[] {1, 2, 3})));
    }

    @Test
    void twoExecutionsOfOnePlanDoNotShareInputs() {
        Tensor x = Tensor.input(DType.F32, Shape.of(2));
        Plan plan = Plan.compile(List.of(x), List.of(x.mul(2)), Map.of());
        Execution first = plan.start();
        Execution second = plan.start();
        first.input(0, Tensor.of(new float[] {1, 2}));
        second.input(0, Tensor.of(new float[] {5, 6}));
        first.run();
        second.run();
        assertArrayEquals(new float[] {2, 4}, first.outputTensor(0).toFloatArray());
        assertArrayEquals(new float[] {10, 12}, second.outputTensor(0).toFloatArray());
    }

    @Test
    void threadsMayEvaluateTheSameGraphs() throws InterruptedException {
        Thread[] threads = new Thread[4];
        double[] sums = new double[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int number = t;
            threads[t] = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 50; i++) {
                    sums[number] +=
                            a.value().mul(Tensor.scalar((float) number)).sum().item();
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertArrayEquals(new double[] {0, 150, 300, 450}, sums);
    }
}
