package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The reverse walk: any order, shared parts, parts without gradient. Single ops are checked by finite differences. */
class GradientsTest {
    private static Tensor derivative(UnaryOperator<Tensor> f, Tensor x, int order) {
        Tensor y = f.apply(x);
        for (int i = 0; i < order; i++) {
            y = Gradients.of(y.sum(), List.of(x)).getFirst();
        }
        return y;
    }

    @Test
    void derivativesOfManyOrders() {
        Tensor x = Tensor.of(new double[] {0.3, -1.2, 2});
        for (int order = 0; order <= 6; order++) {
            assertArrayEquals(
                    derivative(Tensor::exp, x, 0).toDoubleArray(),
                    derivative(Tensor::exp, x, order).toDoubleArray(),
                    1e-12);
        }
        assertArrayEquals(x.sin().toDoubleArray(), derivative(Tensor::sin, x, 4).toDoubleArray(), 1e-12);
        assertArrayEquals(
                x.cos().neg().toDoubleArray(), derivative(Tensor::sin, x, 3).toDoubleArray(), 1e-12);
        assertArrayEquals(
                new double[] {60 * 0.09, 60 * 1.44, 60 * 4},
                derivative(y -> y.pow(5), x, 3).toDoubleArray(),
                1e-9);
        assertArrayEquals(
                new double[] {24, 24, 24},
                derivative(y -> y.square().square(), x, 4).toDoubleArray(),
                1e-9);
        assertArrayEquals(
                new double[] {0, 0, 0},
                derivative(y -> y.square().square(), x, 5).toDoubleArray(),
                0);
    }

    @Test
    void aSharedPartCollectsAllItsUses() {
        Tensor x = Tensor.of(new double[] {2, 3});
        Tensor shared = x.square();
        Tensor y = shared.mul(shared).add(shared).add(x).sum();
        // x^4 + x^2 + x
        assertArrayEquals(
                new double[] {37, 115}, Gradients.of(y, List.of(x)).getFirst().toDoubleArray(), 1e-12);
    }

    @Test
    void gradientsOfPartsInTheMiddle() {
        Tensor x = Tensor.of(new double[] {2, 3});
        Tensor middle = x.square();
        Tensor y = middle.mul(x).sum();
        List<Tensor> both = Gradients.of(y, List.of(middle, x));
        assertArrayEquals(new double[] {2, 3}, both.get(0).toDoubleArray());
        assertArrayEquals(new double[] {12, 27}, both.get(1).toDoubleArray());
    }

    @Test
    void nothingPassesAStop() {
        Tensor x = Tensor.of(new double[] {2, 3});
        Tensor y = x.square().stopGradient().mul(x).sum();
        assertArrayEquals(
                new double[] {4, 9}, Gradients.of(y, List.of(x)).getFirst().toDoubleArray());
        assertArrayEquals(
                new double[] {0, 0},
                Gradients.of(x.stopGradient().sum(), List.of(x)).getFirst().toDoubleArray());
    }

    @Test
    void zerosForWhatDoesNotMatter() {
        Tensor x = Tensor.of(new double[] {2, 3});
        Tensor other = Tensor.of(new float[] {1, 2, 3}, 3, 1);
        Tensor gradient = Gradients.of(x.sum(), List.of(other)).getFirst();
        assertEquals(Shape.of(3, 1), gradient.shape());
        assertEquals(DType.F32, gradient.dtype());
        assertArrayEquals(new float[] {0, 0, 0}, gradient.toFloatArray());
        Tensor through = Gradients.of(x.floor().sum(), List.of(x)).getFirst();
        assertArrayEquals(new double[] {0, 0}, through.toDoubleArray());
    }

    @Test
    void aVectorUpstreamWeighsTheOutputs() {
        Tensor x = Tensor.of(new double[] {2, 3});
        Tensor gradient = Gradients.of(x.square(), Tensor.of(new double[] {10, 1}), List.of(x))
                .getFirst();
        assertArrayEquals(new double[] {40, 6}, gradient.toDoubleArray());
        assertThrows(ShapeException.class, () -> Gradients.of(x.square(), Tensor.of(new double[3]), List.of(x)));
    }

    @Test
    void aHessianVectorProduct() {
        // f = x' A x / 2 with symmetric A: the Hessian is A
        Tensor a = Tensor.of(new double[] {2, 1, 1, 3}, 2, 2);
        Tensor x = Tensor.of(new double[] {0.5, -1});
        Tensor v = Tensor.of(new double[] {1, 10});
        Tensor gradient = Gradients.of(x.matmul(a).dot(x).mul(0.5), List.of(x)).getFirst();
        Tensor product = Gradients.of(gradient.dot(v), List.of(x)).getFirst();
        assertArrayEquals(new double[] {12, 31}, product.toDoubleArray(), 1e-12);
    }

    @Test
    void aGradientPenalty() {
        // d/dw of |d/dx (w x^2)|^2 = d/dw 4 w^2 x^2 = 8 w x^2
        Variable w = Variable.of("w", Tensor.scalar(3.0));
        Tensor x = Tensor.scalar(2.0);
        Tensor slope = Gradients.of(w.value().mul(x.square()), List.of(x)).getFirst();
        assertEquals(96, Gradients.of(slope.square(), List.of(w)).get(w).item(), 1e-12);
    }

    @Test
    void deepGraphsDoNotOverflowTheStack() {
        Tensor x = Tensor.scalar(1.0);
        Tensor y = x;
        for (int i = 0; i < 20_000; i++) {
            y = y.mul(Tensor.scalar(1.0));
        }
        Tensor gradient = Gradients.of(y, List.of(x)).getFirst();
        assertTrue(gradient.shape().equals(Shape.of()));
    }
}
