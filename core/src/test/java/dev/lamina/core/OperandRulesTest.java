package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Dtypes of results, and values at the edges of functions. */
class OperandRulesTest {
    private static final Tensor INTS = Tensor.of(new int[] {-3, 0, 4});
    private static final Tensor BYTES = Tensor.of(new byte[] {1, 2}).cast(DType.U8);
    private static final Tensor TRUTH = Tensor.of(new boolean[] {true, false});

    @Test
    void numbersTakeTheDtypeOfTheTensor() {
        for (DType dtype : List.of(DType.F16, DType.BF16, DType.F32, DType.F64)) {
            Tensor x = Tensor.ones(dtype, Shape.of(2));
            for (Tensor y : List.of(
                    x.add(0.1),
                    x.rsub(3),
                    x.div(3),
                    x.rdiv(2),
                    x.pow(1.7),
                    x.rpow(2),
                    x.clamp(0, 1),
                    x.gelu(),
                    x.softmax(0),
                    x.mean(),
                    x.var(1),
                    x.norm(3),
                    x.logsumexp(),
                    x.sum(),
                    x.normalize(2, 0, 1e-6))) {
                assertEquals(dtype, y.dtype());
            }
        }
        assertEquals(DType.I32, INTS.add(2).dtype());
        assertEquals(DType.F32, INTS.add(0.5).dtype());
        assertEquals(DType.I64, TRUTH.mul(3).dtype());
        assertEquals(DType.F32, TRUTH.mul(0.5).dtype());
        assertTrue(INTS.lt(Double.POSITIVE_INFINITY).all().item() == 1);
        assertThrows(DTypeException.class, () -> BYTES.add(300));
        assertThrows(DTypeException.class, () -> BYTES.sub(-1));
        assertEquals(0, BYTES.eq(-1).sum().item());
        assertEquals(2, BYTES.lt(300).sum().item());
        assertEquals(0, INTS.ge(1e20).sum().item());
    }

    @Test
    void integersDivideAsFloatsAndFloorOnRequest() {
        assertArrayEquals(new double[] {-1.5, 0, 2}, INTS.div(2).toDoubleArray());
        assertArrayEquals(new double[] {-1.5, 0, 2}, INTS.div(Tensor.scalar(2)).toDoubleArray());
        assertEquals(DType.F64, INTS.div(Tensor.scalar(2.0)).dtype());
        assertArrayEquals(new long[] {-2, 0, 2}, INTS.floorDiv(2).toLongArray());
        assertArrayEquals(new long[] {1, 0, 0}, INTS.remainder(2).toLongArray());
        assertArrayEquals(new long[] {0, 0, 0}, INTS.floorDiv(0).toLongArray());
    }

    @Test
    void reductionsCountInI64() {
        Tensor many = Tensor.full(DType.U8, 200, Shape.of(3));
        assertEquals(600, many.sum().item());
        assertEquals(8_000_000, many.prod().item());
        assertArrayEquals(new long[] {200, 400, 600}, many.cumsum(0).toLongArray());
        assertEquals(DType.I64, TRUTH.sum().dtype());
        assertEquals(DType.F32, INTS.mean().dtype());
        assertEquals(
                16_777_217, Tensor.of(new int[] {16_777_217}).toF64().mean().item());
        assertEquals(DType.I32, INTS.max().dtype());
        assertEquals(65_504, Tensor.full(DType.F16, 65_504, Shape.of(8)).mean().item(), "no overflow on the way");
    }

    @Test
    void nothingHasASumButNoMaximum() {
        Tensor nothing = Tensor.zeros(0, 2);
        assertArrayEquals(new double[] {0, 0}, nothing.sum(0).toDoubleArray());
        assertArrayEquals(new double[] {1, 1}, nothing.prod(0).toDoubleArray());
        assertArrayEquals(new double[] {Double.NaN, Double.NaN}, nothing.mean(0).toDoubleArray());
        assertEquals(0, nothing.any().item());
        assertEquals(1, nothing.all().item());
        assertThrows(ShapeException.class, () -> nothing.max(0));
        assertEquals(0, nothing.sum(1).size());
        assertEquals(
                Shape.of(2, 3), nothing.transpose().matmul(Tensor.zeros(0, 3)).shape());
    }

    @Test
    void largeArgumentsStayFinite() {
        Tensor x = Tensor.of(new float[] {-1000, -100, 0, 100, 1000});
        for (Tensor y : List.of(
                x.softplus(1),
                x.softplus(3),
                x.logSigmoid(),
                x.mish(),
                x.elu(1),
                x.selu(),
                x.celu(2),
                x.gelu(),
                x.geluTanh(),
                x.silu(),
                x.sigmoid(),
                x.softmax(0),
                x.logSoftmax(0),
                x.logsumexp(),
                x.tanh())) {
            assertEquals(1, y.isFinite().all().item(), y::debug);
            Tensor gradient = Gradients.of(y, y.onesLike(), List.of(x)).get(0);
            assertEquals(1, gradient.isFinite().all().item(), gradient::debug);
        }
    }

    @Test
    void gradientsAtAwkwardPoints() {
        Tensor zero = Tensor.of(new float[2]);
        for (Tensor y : List.of(zero.norm(2), zero.norm(0.5), zero.norm(3), zero.std(0), zero.relu(), zero.abs())) {
            assertArrayEquals(new double[] {0, 0}, gradient(y, zero));
        }
        assertArrayEquals(new double[] {0.5, 0.5}, gradient(zero.softplus(1), zero));
        assertArrayEquals(new double[] {0.5, 0.5}, gradient(zero.maximum(0), zero));
        Tensor edge = Tensor.of(new float[] {-1, 1, 1.5f});
        assertArrayEquals(new double[] {1, 1, 0}, gradient(edge.clamp(-1, 1), edge));
        Tensor factors = Tensor.of(new float[] {0, 2, 0});
        assertArrayEquals(new double[] {0, 0, 0}, gradient(factors.prod(), factors));
        Tensor one = Tensor.of(new float[] {0, 2, 5});
        assertArrayEquals(new double[] {10, 0, 0}, gradient(one.prod(), one));
        assertArrayEquals(new double[] {13, 0, 0}, gradient(one.cumprod(0), one));
        Tensor negative = Tensor.of(new float[] {-2});
        assertArrayEquals(new double[] {80}, gradient(negative.pow(5), negative));
    }

    @Test
    void notANumberPassesThrough() {
        Tensor nan = Tensor.of(new float[] {Float.NaN});
        for (Tensor y : List.of(
                nan.relu(),
                nan.relu6(),
                nan.hardSigmoid(),
                nan.elu(1),
                nan.softplus(1),
                nan.clamp(0, 1),
                nan.max(),
                nan.maximum(1),
                nan.norm(2),
                nan.std(0),
                nan.leakyRelu(0.1))) {
            assertTrue(Double.isNaN(y.sum().item()), y::debug);
        }
    }

    private static double[] gradient(Tensor y, Tensor x) {
        return Gradients.of(y, y.onesLike(), List.of(x)).get(0).toDoubleArray();
    }
}
