package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Neighbouring rows of evaluated elements are a part of their memory, so where they begin is no part of a plan. */
class SharedRowsTest {
    private final Tensor rows = Tensor.arange(DType.F32, 60).reshape(10, 3, 2).evaluate();

    @Test
    void allSlicesHaveTheirElements() {
        for (int from = 0; from < 10; from++) {
            for (int count = 1; from + count <= 10; count++) {
                float[] actual = rows.narrow(0, from, count).mul(2).toFloatArray();
                assertEquals(6 * count, actual.length);
                for (int i = 0; i < actual.length; i++) {
                    assertEquals(2 * (6 * from + i), actual[i]);
                }
            }
        }
    }

    @Test
    void slicesWithGapsHaveTheirElements() {
        assertArrayEquals(new float[] {12, 14}, doubled(Index.at(1), Index.at(0)));
        assertArrayEquals(new float[] {16, 18, 20, 22}, doubled(Index.at(1), Index.range(1, 3)));
        assertArrayEquals(new float[] {16, 20}, doubled(Index.at(1), Index.range(1, 3), Index.at(0)));
        assertArrayEquals(new float[] {18}, doubled(Index.range(1, 2), Index.range(1, 2), Index.at(1)));
        assertArrayEquals(new float[] {4, 6, 16, 18}, doubled(Index.range(0, 2), Index.at(1)));
        assertArrayEquals(new float[] {0, 2, 36, 38}, doubled(Index.range(0, 6, 3), Index.at(0)));
        assertArrayEquals(new float[] {22, 20, 18, 16, 14, 12}, flipped());
        assertEquals(0, doubled(Index.range(4, 4)).length);
    }

    private float[] doubled(Index... index) {
        return rows.slice(index).mul(2).toFloatArray();
    }

    private float[] flipped() {
        return rows.narrow(0, 1, 1).flip(1, 2).mul(2).toFloatArray();
    }

    @Test
    void aLoopOverBatchesCompilesOnce() {
        rows.narrow(0, 0, 2).mul(3).sum().item();
        long compiled = Plan.compiledCount();
        for (int from = 1; from < 9; from++) {
            assertEquals(
                    3 * (72 * from + 66), rows.narrow(0, from, 2).mul(3).sum().item());
        }
        assertEquals(compiled, Plan.compiledCount());
        rows.slice(Index.range(0, 8, 2)).mul(3).sum().item();
        assertNotEquals(compiled, Plan.compiledCount());
    }

    @Test
    void gradientsReachTheWhole() {
        Tensor part = rows.narrow(0, 2, 1);
        assertEquals(87, part.sum().item());
        float[] gradient =
                Gradients.of(part.square().sum(), List.of(rows)).get(0).toFloatArray();
        assertEquals(0, gradient[11]);
        assertEquals(24, gradient[12]);
        assertEquals(34, gradient[17]);
        assertEquals(0, gradient[18]);
    }

    /** The value of a variable changes in place: a part of it is not kept, also when somebody has looked at the whole. */
    @Test
    void rowsOfAVariableAreReadAnew() {
        Variable variable = Variable.of("v", rows);
        variable.value().evaluate();
        Tensor x = Tensor.input(DType.F32, Shape.of());
        Tensor part = variable.value().narrow(0, 1, 1).sum().mul(x);
        Execution run = Plan.compile(
                        List.of(x),
                        List.of(part),
                        Map.of(variable, variable.value().mul(2)))
                .start();
        run.input(0, Tensor.scalar(1f));
        run.run();
        assertEquals(51, run.outputTensor(0).item());
        run.run();
        assertEquals(102, run.outputTensor(0).item());
    }
}
