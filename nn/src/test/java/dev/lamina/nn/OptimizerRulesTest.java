package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.optimizers.Lbfgs;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rules that PyTorch 1.13 does not have, against the same formulas in plain double arithmetic, step by step; L-BFGS on known functions. */
class OptimizerRulesTest {
    private static final int ROWS = 3;
    private static final int COLUMNS = 4;

    /** The rule for one parameter: changes p, given its gradient and the step. */
    private interface Reference {
        void step(double[] p, double[] g, int t);
    }

    private static void compare(Optimizer optimizer, Reference reference) {
        SplittableRandom random = new SplittableRandom(5);
        double[] expected = random.doubles(ROWS * COLUMNS, -1, 1).toArray();
        Variable p = Variable.of("p", Tensor.of(expected.clone(), ROWS, COLUMNS));
        for (int t = 1; t <= 12; t++) {
            double[] g = random.doubles(ROWS * COLUMNS, -2, 2).toArray();
            optimizer.step(Map.of(p, Tensor.of(g, ROWS, COLUMNS)));
            reference.step(expected, g, t);
            assertArrayEquals(expected, p.value().toDoubleArray(), 1e-12, "step " + t);
        }
    }

    private static double norm(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    @Test
    void lion() {
        double[] m = new double[ROWS * COLUMNS];
        compare(Optimizers.lion(0.01).betas(0.8, 0.95).weightDecay(0.1), (p, g, t) -> {
            for (int i = 0; i < p.length; i++) {
                double direction = Math.signum(0.8 * m[i] + 0.2 * g[i]);
                p[i] -= 0.01 * (direction + 0.1 * p[i]);
                m[i] = 0.95 * m[i] + 0.05 * g[i];
            }
        });
    }

    @Test
    void lamb() {
        double[] m = new double[ROWS * COLUMNS];
        double[] v = new double[ROWS * COLUMNS];
        compare(Optimizers.lamb(0.02).weightDecay(0.05), (p, g, t) -> {
            double[] u = new double[p.length];
            for (int i = 0; i < p.length; i++) {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                double adam = m[i] / (1 - Math.pow(0.9, t)) / (Math.sqrt(v[i] / (1 - Math.pow(0.999, t))) + 1e-6);
                u[i] = adam + 0.05 * p[i];
            }
            double trust = norm(p) / norm(u);
            for (int i = 0; i < p.length; i++) {
                p[i] -= 0.02 * trust * u[i];
            }
        });
    }

    @Test
    void adafactor() {
        double[] row = new double[ROWS];
        double[] column = new double[COLUMNS];
        compare(Optimizers.adafactor(0.3).weightDecay(0.1), (p, g, t) -> {
            double share = Math.pow(t, -0.8);
            double[] rows = new double[ROWS];
            double[] columns = new double[COLUMNS];
            for (int i = 0; i < p.length; i++) {
                rows[i / COLUMNS] += g[i] * g[i] / COLUMNS;
                columns[i % COLUMNS] += g[i] * g[i] / ROWS;
            }
            double mean = 0;
            for (int r = 0; r < ROWS; r++) {
                row[r] += share * (rows[r] - row[r]);
                mean += row[r] / ROWS;
            }
            for (int c = 0; c < COLUMNS; c++) {
                column[c] += share * (columns[c] - column[c]);
            }
            double[] u = new double[p.length];
            for (int i = 0; i < p.length; i++) {
                u[i] = g[i] / Math.sqrt(row[i / COLUMNS] * column[i % COLUMNS] / mean);
            }
            double root = Math.sqrt(p.length);
            double scale = Math.max(1e-3, norm(p) / root) * Math.min(0.3, 1 / Math.sqrt(t));
            double tooLong = Math.max(1, norm(u) / root);
            for (int i = 0; i < p.length; i++) {
                p[i] = p[i] * (1 - 0.3 * 0.1) - scale / tooLong * u[i];
            }
        });
    }

    @Test
    void adafactorKeepsVectorsWhole() {
        Variable p = Variable.of("p", Tensor.of(new double[] {1, -2}));
        Optimizer optimizer = Optimizers.adafactor(0.3);
        optimizer.step(Map.of(p, Tensor.of(new double[] {4, -0.5})));
        // In the first step v = g^2, so the update is the sign times the root mean square of p.
        double scale = 0.3 * Math.sqrt(2.5);
        assertArrayEquals(new double[] {1 - scale, -2 + scale}, p.value().toDoubleArray(), 1e-12);
        assertEquals(List.of("square"), List.copyOf(optimizer.slots(p).keySet()));
    }

    @Test
    void muon() {
        double[] m = new double[ROWS * COLUMNS];
        compare(Optimizers.muon(0.02), (p, g, t) -> {
            double[][] u = new double[ROWS][COLUMNS];
            for (int i = 0; i < p.length; i++) {
                m[i] = 0.95 * m[i] + (1 - 0.95) * g[i];
                u[i / COLUMNS][i % COLUMNS] = 0.95 * m[i] + (1 - 0.95) * g[i];
            }
            double length = 0;
            for (double[] line : u) {
                length += norm(line) * norm(line);
            }
            double[][] x = times(u, 1 / (Math.sqrt(length) + 1e-7));
            for (int i = 0; i < 5; i++) {
                double[][] a = product(x, transposed(x));
                double[][] b = sum(times(a, -4.7750), times(product(a, a), 2.0315));
                x = sum(times(x, 3.4445), product(b, x));
            }
            for (int i = 0; i < p.length; i++) {
                double move = 0.2 * Math.sqrt(COLUMNS) * x[i / COLUMNS][i % COLUMNS];
                p[i] = p[i] * (1 - 0.02 * 0.1) - 0.02 * move;
            }
        });
    }

    private static double[][] product(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    private static double[][] transposed(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    private static double[][] times(double[][] a, double factor) {
        double[][] c = new double[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                c[i][j] = a[i][j] * factor;
            }
        }
        return c;
    }

    private static double[][] sum(double[][] a, double[][] b) {
        double[][] c = times(a, 1);
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                c[i][j] += b[i][j];
            }
        }
        return c;
    }

    @Test
    void muonMakesTallMatricesOrthogonalToo() {
        SplittableRandom random = new SplittableRandom(3);
        Variable p = Variable.of("p", Tensor.zeros(dev.lamina.core.DType.F64, dev.lamina.core.Shape.of(2, 10, 4)));
        double[] g = random.doubles(80, -1, 1).toArray();
        Optimizers.muon(1).step(Map.of(p, Tensor.of(g, 2, 10, 4)));
        Tensor move = p.value().reshape(20, 4).div(-0.2 * Math.sqrt(20));
        double[] gram = move.transpose().matmul(move).toDoubleArray();
        for (int i = 0; i < gram.length; i++) {
            // Five Newton-Schulz steps leave singular values between about 0.7 and 1.2.
            assertEquals(i % 5 == 0 ? 1 : 0, gram[i], 0.5, "element " + i);
        }
    }

    @Test
    void decoupledDecayIsApartFromTheGradient() {
        compare(Optimizers.sgd(0.1).momentum(0.5).decoupledWeightDecay(0.2), new Reference() {
            private final double[] m = new double[ROWS * COLUMNS];

            @Override
            public void step(double[] p, double[] g, int t) {
                for (int i = 0; i < p.length; i++) {
                    m[i] = 0.5 * m[i] + g[i];
                    p[i] = p[i] * (1 - 0.1 * 0.2) - 0.1 * m[i];
                }
            }
        });
    }

    // ---------------------------------------------------------------- L-BFGS

    /** Rosenbrock's valley: (1 - x)^2 + 100 (y - x^2)^2. */
    private static Tensor valley(Tensor p) {
        Tensor x = p.slice(dev.lamina.core.Index.at(0));
        Tensor y = p.slice(dev.lamina.core.Index.at(1));
        return x.rsub(1).square().add(y.sub(x.square()).square().mul(100));
    }

    @Test
    void lbfgsFollowsRosenbrocksValley() {
        Variable p = Variable.of("p", Tensor.of(new double[] {-1.2, 1}));
        Lbfgs optimizer = Optimizers.lbfgs().iterations(60);
        double loss = optimizer.step(List.of(p), () -> valley(p.value()));
        assertEquals(0, loss, 1e-12);
        assertArrayEquals(new double[] {1, 1}, p.value().toDoubleArray(), 1e-6);
    }

    /** With an exact search, n directions find the lowest point of a quadratic in n dimensions; ours is nearly exact. */
    @Test
    void lbfgsSolvesLeastSquaresInSeveralParameters() {
        SplittableRandom random = new SplittableRandom(7);
        Tensor x = Tensor.of(random.doubles(40 * 5, -1, 1).toArray(), 40, 5);
        Tensor w = Tensor.of(random.doubles(5 * 2, -1, 1).toArray(), 5, 2);
        Tensor y = x.matmul(w).add(0.5).evaluate();
        Variable kernel = Variable.of("kernel", w.zerosLike());
        Variable bias = Variable.of("bias", Tensor.of(new double[] {0, 0}));
        Lbfgs optimizer = Optimizers.lbfgs().history(4).iterations(10);
        double loss = 1;
        for (int i = 0; i < 4; i++) {
            loss = optimizer.step(
                    List.of(kernel, bias),
                    () -> Losses.mse().of(x.matmul(kernel.value()).add(bias.value()), y));
        }
        assertEquals(0, loss, 1e-12);
        assertArrayEquals(w.toDoubleArray(), kernel.value().toDoubleArray(), 1e-5);
        assertArrayEquals(new double[] {0.5, 0.5}, bias.value().toDoubleArray(), 1e-5);
    }

    @Test
    void lbfgsDoesNotDivergeOnValuesThatAreNotFinite() {
        Variable p = Variable.of("p", Tensor.of(new double[] {1e-3}));
        // Very steep at first; a step too far is not a number.
        double loss = Optimizers.lbfgs()
                .step(
                        List.of(p),
                        () -> p.value().log().neg().add(p.value().mul(2)).sum());
        assertEquals(1 + Math.log(2), loss, 1e-9);
        assertEquals(0.5, p.value().item(), 1e-5);
    }

    @Test
    void lbfgsIsRefusedInFit() {
        Model model =
                Sequential.of(Layers.dense(3)).compile(Optimizers.lbfgs(), Losses.sparseCategoricalCrossentropy());
        LaminaException e =
                assertThrows(LaminaException.class, () -> model.fit(Data.clusters(9, 1), FitOptions.epochs(1)));
        assertTrue(e.getMessage().contains("expected step(parameters, loss) in a loop of your own"), e.getMessage());
    }
}
