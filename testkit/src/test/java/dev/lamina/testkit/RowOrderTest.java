package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rows of a table whose leading axes change places: read and added in the new order, and never moved. */
class RowOrderTest {
    private static final int WORDS = 5;

    private final Tensor index =
            Random.seed(1).integers(0, WORDS, Shape.of(2, 3, 4)).evaluate();

    private static Tensor some(long seed, Shape shape) {
        return Random.seed(seed).normal(DType.F32, shape, 0, 1).evaluate();
    }

    /** Gradient of sum(permute(rows) weights) with respect to the table, after the values. */
    private static List<Tensor> asked(Tensor table, Tensor index, Tensor weights, int... axes) {
        Tensor rows = table.take(index).permute(axes);
        return List.of(
                rows, Gradients.of(rows.mul(weights).sum(), List.of(table)).getFirst());
    }

    /** Runs it, and the same as a product with a matrix of ones and zeros; counts the loops that move elements of rows. */
    private static int loopsOverRows(Tensor index, int width, int... axes) {
        Shape shape = index.shape().insert(index.rank(), width);
        Tensor table = some(2, Shape.of(WORDS, width));
        Tensor weights = some(3, shape).permute(axes).evaluate();
        Tensor x = Tensor.input(DType.F32, table.shape());
        Tensor w = Tensor.input(DType.F32, weights.shape());
        Plan plan = Plan.compile(List.of(x, w), asked(x, index, w, axes), Map.of());
        Execution run = plan.start();
        run.input(0, table);
        run.input(1, weights);
        run.run();
        Tensor ones = index.oneHot(WORDS).cast(DType.F32);
        Tensor rows = ones.matmul(table).permute(axes);
        assertArrayEquals(rows.toFloatArray(), run.outputTensor(0).toFloatArray());
        Tensor gradient = Gradients.of(ones.matmul(x).permute(axes).mul(w).sum(), List.of(x))
                .getFirst();
        Plan same = Plan.compile(List.of(x, w), List.of(gradient), Map.of());
        Execution other = same.start();
        other.input(0, table);
        other.input(1, weights);
        other.run();
        assertArrayEquals(
                other.outputTensor(0).toFloatArray(), run.outputTensor(1).toFloatArray(), 1e-5f);
        return plan.describe().split("= load b[0-9]+:f32", -1).length - 1;
    }

    @Test
    void theIndexMovesInPlaceOfTheRows() {
        assertEquals(0, loopsOverRows(index, 16, 1, 2, 0, 3));
        assertEquals(0, loopsOverRows(index, 8, 2, 0, 1, 3));
    }

    @Test
    void rowsThatAreTakenApartOrSmallMoveThemselves() {
        assertEquals(2, loopsOverRows(index, 16, 1, 2, 3, 0));
        assertEquals(2, loopsOverRows(index, 3, 1, 2, 0, 3));
    }
}
