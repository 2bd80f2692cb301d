package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Plans are found again for graphs of equal structure, and only for those. */
class PlanCacheTest {
    private static Tensor values(double... values) {
        return Tensor.of(values);
    }

    @Test
    void otherDataOfTheSameStructureCompilesNothing() {
        values(1, 2).mul(values(3, 4)).sum().item();
        long before = Plan.compiledCount();
        assertEquals(39, values(5, 6).mul(values(3, 4)).sum().item());
        assertEquals(before, Plan.compiledCount());
    }

    @Test
    void oneLeafTwiceIsNotTwoLeaves() {
        Tensor a = values(1, 2, 3);
        Tensor b = values(10, 20, 30);
        assertArrayEquals(new double[] {2, 4, 6}, a.add(a).toDoubleArray());
        assertArrayEquals(new double[] {11, 22, 33}, a.add(b).toDoubleArray());
        assertArrayEquals(new double[] {20, 40, 60}, b.add(b).toDoubleArray());
        assertArrayEquals(new double[] {-9, -18, -27}, a.sub(b).toDoubleArray());
        assertArrayEquals(new double[] {0, 0, 0}, a.sub(a).toDoubleArray());
    }

    @Test
    void inputsThatNobodyReadsHaveTheirSizes() {
        for (int unread = 1; unread < 4; unread++) {
            Tensor x = Tensor.input(DType.F32, Shape.of(2));
            Tensor other = Tensor.input(DType.F32, Shape.of(unread));
            Execution run =
                    Plan.compile(List.of(other, x), List.of(x.add(1)), Map.of()).start();
            run.input(1).setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, 1, unread);
            run.run();
            assertArrayEquals(new float[] {1, unread + 1}, run.outputTensor(0).toFloatArray());
        }
    }

    @Test
    void inputsThatNobodyFillsAreZero() throws InterruptedException {
        Tensor x = Tensor.input(DType.F32, Shape.of(1 << 16));
        Plan plan = Plan.compile(List.of(x), List.of(x.max()), Map.of());
        for (int i = 0; i < 10; i++) {
            Execution run = plan.start();
            run.run();
            assertEquals(0f, run.outputTensor(0).item());
            run.input(0).fill((byte) 0x3f);
            System.gc();
            Thread.sleep(5); // the memory of the executions before comes back, to be used by the next
        }
    }

    @Test
    void theSameLeavesInAnotherOrder() {
        Tensor a = values(1, 2, 3);
        Tensor b = values(10, 20, 30);
        assertArrayEquals(new double[] {-9, -18, -27}, a.sub(b).toDoubleArray());
        assertArrayEquals(new double[] {9, 18, 27}, b.sub(a).toDoubleArray());
        assertArrayEquals(new double[] {11, 22, 33}, a.add(b.sub(a)).add(a).toDoubleArray());
        assertArrayEquals(
                new double[] {21, 42, 63},
                a.add(b.sub(a)).add(b.add(a)).sub(a).add(a).sub(0).toDoubleArray());
    }

    @Test
    void constantsAreCompiledInAndScalarsAreNot() {
        Tensor x = values(1, 2);
        assertArrayEquals(new double[] {3, 6}, x.mul(3).toDoubleArray());
        long before = Plan.compiledCount();
        assertArrayEquals(new double[] {4, 8}, x.mul(4).toDoubleArray());
        assertTrue(Plan.compiledCount() > before);
        x.mul(Tensor.scalar(3.0)).toDoubleArray();
        before = Plan.compiledCount();
        assertArrayEquals(new double[] {4, 8}, x.mul(Tensor.scalar(4.0)).toDoubleArray());
        assertEquals(before, Plan.compiledCount());
    }

    @Test
    void shapesAndDtypesMakeOtherPlans() {
        assertArrayEquals(new double[] {2, 3}, values(1, 2).add(1).toDoubleArray());
        assertArrayEquals(new double[] {2, 3, 4}, values(1, 2, 3).add(1).toDoubleArray());
        assertArrayEquals(
                new float[] {2, 3}, Tensor.of(new float[] {1, 2}).add(1).toFloatArray());
    }

    @Test
    void whatIsEvaluatedIsALeafFromThenOn() {
        Tensor x = values(1, 2);
        Tensor y = x.exp().evaluate();
        assertArrayEquals(y.toDoubleArray(), x.exp().toDoubleArray(), 0);
        assertArrayEquals(new double[] {Math.E + 1, Math.exp(2) + 1}, y.add(1).toDoubleArray(), 1e-14);
        // the gradient still goes through it
        Tensor gradient = Gradients.of(y.add(1).sum(), List.of(x)).getFirst();
        assertArrayEquals(y.toDoubleArray(), gradient.toDoubleArray(), 0);
    }

    @Test
    void aSecondStepOfALoopCompilesNothing() {
        Variable w = Variable.of("w", Tensor.of(new float[] {0.1f, -0.2f, 0.3f, 0.4f}, 2, 2));
        Variable rate = Variable.of("rate", Tensor.scalar(0.1f));
        step(w, rate, 1);
        long before = Plan.compiledCount();
        for (int i = 2; i < 20; i++) {
            step(w, rate, i);
        }
        assertEquals(before, Plan.compiledCount());
    }

    private static double step(Variable w, Variable rate, int i) {
        Tensor x = Tensor.of(new float[] {i, 1, 2, -i}, 2, 2).mul(Tensor.scalar(1f / i));
        Tensor loss = x.matmul(w.value()).tanh().square().mean();
        Tensor gradient = Gradients.of(loss, List.of(w)).get(w);
        Variable.assignAll(
                Map.of(
                        w,
                        w.value().sub(gradient.mul(rate.value())),
                        rate,
                        rate.value().mul(Tensor.scalar(0.99f))),
                List.of(loss));
        return loss.item();
    }
}
