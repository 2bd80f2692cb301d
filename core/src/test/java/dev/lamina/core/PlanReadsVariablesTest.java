package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A plan reads a variable anew in each run, also when somebody has looked at its value before the plan was traced. */
class PlanReadsVariablesTest {
    private final Variable a = Variable.of("a", Tensor.of(new float[] {1, 2}));

    @Test
    void lookingAtAValueDoesNotFreezeItInAPlan() {
        assertArrayEquals(new float[] {1, 2}, a.value().toFloatArray());
        Tensor x = Tensor.input(DType.F32, Shape.of(2));
        Execution run = Plan.compile(
                        List.of(x),
                        List.of(x.mul(a.value()).sum()),
                        Map.of(a, a.value().mul(10)))
                .start();
        run.input(0, Tensor.ones(2));
        run.run();
        assertEquals(3, run.outputTensor(0).item());
        run.run();
        assertEquals(30, run.outputTensor(0).item());
        assertArrayEquals(new float[] {100, 200}, a.value().toFloatArray());
    }

    @Test
    void anOldValueThatSomebodyLookedAtStaysWhatItWas() {
        Tensor old = a.value().evaluate();
        a.assign(a.value().mul(10));
        assertArrayEquals(new float[] {11, 22}, a.value().add(old).toFloatArray());
        a.assign(a.value().add(old));
        assertArrayEquals(new float[] {11, 22}, a.value().toFloatArray());
        assertArrayEquals(new float[] {1, 2}, old.toFloatArray());
    }

    @Test
    void lookingDoesNotChangeThePlan() {
        a.assign(a.value().mul(2));
        long compiled = Plan.compiledCount();
        a.value().evaluate();
        long looked = Plan.compiledCount();
        a.assign(a.value().mul(2));
        assertEquals(looked, Plan.compiledCount());
        assertArrayEquals(new float[] {4, 8}, a.value().toFloatArray());
        assertEquals(looked, Plan.compiledCount(), "compiled before: " + compiled);
    }
}
