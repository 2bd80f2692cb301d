package dev.lamina.nn;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Optimizers.adagrad;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Optimizers.adamw;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.core.op.Scatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Embeddings: what is out of range is named, and plain SGD changes the rows of a batch alone. */
class LargeTablesTest {
    private static final Tensor IDS = Tensor.of(new int[] {1, 3, 1, 1, 0, 7}, 2, 3);

    private static Layer net() {
        Layer net = Sequential.of(embedding(10, 4).paddingIndex(0), flatten(), dense(2));
        net.seed(4);
        return net;
    }

    private static Layer trained(Optimizer optimizer) {
        Layer net = net();
        for (int step = 0; step < 3; step++) {
            net.training(() -> {
                Tensor loss = net.apply(IDS).square().mean();
                optimizer.step(Gradients.of(loss, net.parameters()));
            });
        }
        return net;
    }

    private static float[] table(Layer net) {
        return net.variables().values().iterator().next().value().toFloatArray();
    }

    @Test
    void rowsAloneGiveTheSameAsTheWholeTable() {
        float[] rows = table(trained(sgd(0.5)));
        float[] whole = table(trained(sgd(0.5).clipNorm(1e9)));
        float[] before = table(initialized());
        assertArrayEquals(whole, rows, 1e-7f);
        for (int row = 0; row < 10; row++) {
            boolean read = row == 1 || row == 3 || row == 7;
            for (int c = row * 4; c < row * 4 + 4; c++) {
                assertEquals(read, before[c] != rows[c], "row " + row);
            }
        }
    }

    private static Layer initialized() {
        Layer net = net();
        net.apply(IDS).evaluate();
        return net;
    }

    @Test
    void adagradTouchesTheRowsThatWereReadAndNoOthers() {
        Optimizer alone = adagrad(0.5).initialAccumulator(0.1);
        float[] rows = table(trained(alone));
        float[] whole = table(trained(adagrad(0.5).initialAccumulator(0.1).clipNorm(1e9)));
        assertArrayEquals(whole, rows, 1e-6f);
        assertRowsRest(rows, table(initialized()), 0);
    }

    private static void assertRowsRest(float[] values, float[] before, double tolerance) {
        for (int row = 0; row < 10; row++) {
            boolean read = row == 0 || row == 1 || row == 3 || row == 7;
            for (int c = row * 4; c < row * 4 + 4 && !read; c++) {
                assertEquals(before[c], values[c], tolerance, "row " + row);
            }
        }
    }

    /** SparseAdam of PyTorch, with a row that is read several times in a step and one that rests for a step. */
    @Test
    void lazyAdamIsAdamOnTheRowsOfABatch() {
        Variable table = Variable.of("table", Tensor.full(DType.F64, 1, dev.lamina.core.Shape.of(4, 2)));
        Optimizer adam = adam(0.1).lazy();
        long[][] reads = {{2, 0, 2}, {0}, {2, 3, 3, 3}};
        double[][] expected = {{1, 1}, {1, 1}, {1, 1}, {1, 1}};
        double[][][] averages = new double[2][4][2];
        for (int t = 1; t <= reads.length; t++) {
            Tensor index = Tensor.of(reads[t - 1]);
            Tensor factors = Tensor.arange(DType.F64, index.dim(0) * 2).add(t).reshape(-1, 2);
            adam.step(Gradients.of(table.value().take(index).mul(factors).sum(), List.of(table)));
            double[][] sums = new double[4][2];
            for (int i = 0; i < reads[t - 1].length; i++) {
                for (int c = 0; c < 2; c++) {
                    sums[(int) reads[t - 1][i]][c] += t + 2.0 * i + c;
                }
            }
            for (int row = 0; row < 4; row++) {
                for (int c = 0; c < 2 && sums[row][0] != 0; c++) {
                    double g = sums[row][c];
                    averages[0][row][c] = 0.9 * averages[0][row][c] + 0.1 * g;
                    averages[1][row][c] = 0.999 * averages[1][row][c] + 0.001 * g * g;
                    double mean = averages[0][row][c] / (1 - Math.pow(0.9, t));
                    double square = averages[1][row][c] / (1 - Math.pow(0.999, t));
                    expected[row][c] -= 0.1 * mean / (Math.sqrt(square) + 1e-8);
                }
            }
        }
        double[] got = table.value().toDoubleArray();
        for (int i = 0; i < 8; i++) {
            assertEquals(expected[i / 2][i % 2], got[i], 1e-12, "element " + i);
        }
    }

    @Test
    void aDecayOfALazyRowRestsWithIt() {
        float[] rows = table(trained(adamw(0.01).lazy()));
        assertRowsRest(rows, table(initialized()), 0);
        float[] whole = table(trained(adamw(0.01)));
        assertNotEquals(table(initialized())[2 * 4], whole[2 * 4]);
    }

    @Test
    void aStepOnALargeTableNeedsTheMemoryOfItsBatch() {
        for (Optimizer optimizer : List.of(sgd(0.1), adagrad(0.1), adam(0.1).lazy())) {
            Variable table = Variable.of("table", Tensor.zeros(100_000, 16));
            Tensor index = Tensor.input(DType.I64, dev.lamina.core.Shape.of(50));
            Map<Variable, Tensor> gradients = Gradients.of(
                            table.value().take(index).add(1).square().sum(), List.of(table))
                    .asMap();
            Plan plan = Plan.compile(List.of(index), List.of(), optimizer.updates(gradients));
            assertTrue(plan.peakBytes() < 200_000, optimizer + " " + plan.peakBytes() + "\n" + plan.describe());
        }
    }

    @Test
    void aRuleSeesWhichRows() {
        List<Boolean> seen = new ArrayList<>();
        Optimizer rule = new Optimizer(0.1) {
            @Override
            protected Tensor next(ParameterUpdate p) {
                Optional<ParameterUpdate.GradientRows> rows = p.gradientRows();
                seen.add(rows.isPresent());
                rows.ifPresent(some -> assertEquals(6, some.index().dim(0)));
                return p.value().sub(p.gradient().mul(p.learningRate()));
            }
        };
        trained(rule);
        assertEquals(List.of(true, false, false), seen.subList(0, 3));
    }

    @Test
    void theTableChangesInPlace() {
        Variable table = Variable.of("table", Tensor.zeros(100_000, 16));
        Tensor index = Tensor.input(DType.I64, dev.lamina.core.Shape.of(5));
        Tensor read = table.value().take(index);
        Tensor next = table.value().scatterRows(Scatter.Kind.ADD, index, read.add(1));
        Plan plan = Plan.compile(List.of(index), List.of(), Map.of(table, next));
        assertTrue(plan.peakBytes() < 10_000, plan.peakBytes() + " bytes\n" + plan.describe());
        var run = plan.start();
        run.input(0).copyFrom(java.lang.foreign.MemorySegment.ofArray(new long[] {2, 99_999, 2, 0, 2}));
        run.run();
        run.run();
        float[] values = table.value().toFloatArray();
        assertEquals(1 + 2, values[0], 0);
        assertEquals(3 + 3 * 4, values[2 * 16], 0);
        assertEquals(3, values[values.length - 1], 0);
        assertEquals(0, values[16], 0);
    }

    @Test
    void whatIsOutOfRangeIsNamed() {
        Layer net = initialized();
        Tensor wrong = Tensor.of(new int[] {1, 3, 1, 1, 12, 7}, 2, 3);
        String message = assertThrows(
                        LaminaException.class, () -> net.apply(wrong).evaluate())
                .getMessage();
        assertTrue(message.contains("sequential/embedding_1: expected an index from 0 to 9, got 12"), message);
        Layer bag = Layers.embeddingBag(5, 2);
        assertTrue(assertThrows(LaminaException.class, () -> bag.apply(wrong).evaluate())
                .getMessage()
                .contains("embedding_bag: expected an index from 0 to 4, got 12"));
    }
}
