package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.DType;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.AdditiveAttention;
import dev.lamina.nn.layers.MultiplicativeAttention;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Layers for which there are no reference values from elsewhere, against loops over their definition. */
class LayerDefinitionsTest {
    private static final double CLOSE = 1e-5;

    private static Tensor numbers(long seed, int... shape) {
        return Random.seed(seed).normal(DType.F32, Shape.of(shape), 0, 1).evaluate();
    }

    /** The number at an index. */
    private static double at(Tensor x, int... index) {
        int place = 0;
        for (int d = 0; d < index.length; d++) {
            place = place * x.dim(d) + index[d];
        }
        return x.flatten().narrow(0, place, 1).item();
    }

    private static Tensor variable(Layer layer, String name) {
        return layer.variables().get(name).value();
    }

    private static void assertIs(Tensor expected, Tensor got) {
        assertEquals(expected.shape(), got.shape());
        assertArrayEquals(
                expected.cast(DType.F64).flatten().toDoubleArray(),
                got.cast(DType.F64).flatten().toDoubleArray(),
                CLOSE);
    }

    /** A number for each index of a shape. */
    private interface Each {
        double of(int[] index);
    }

    private static Tensor each(Each value, int... shape) {
        double[] all = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < all.length; i++) {
            int[] index = new int[shape.length];
            for (int d = shape.length - 1, rest = i; d >= 0; d--) {
                index[d] = rest % shape[d];
                rest /= shape[d];
            }
            all[i] = value.of(index);
        }
        return Tensor.of(all).reshape(shape);
    }

    /** Means of values with weights softmax(scores). */
    private static Tensor attended(double[][][] scores, Tensor values) {
        return each(
                index -> {
                    double sum = 0;
                    double all = 0;
                    double[] row = scores[index[0]][index[1]];
                    for (int s = 0; s < row.length; s++) {
                        sum += Math.exp(row[s]) * at(values, index[0], s, index[2]);
                        all += Math.exp(row[s]);
                    }
                    return sum / all;
                },
                scores.length,
                scores[0].length,
                values.dim(2));
    }

    @Test
    void additiveAttention() {
        Tensor q = numbers(1, 2, 3, 4);
        Tensor v = numbers(2, 2, 5, 6);
        AdditiveAttention layer = new AdditiveAttention(7);
        Tensor got = layer.apply(q, v);
        Tensor left = variable(layer, "query");
        Tensor right = variable(layer, "key");
        Tensor weights = variable(layer, "score");
        double[][][] scores = new double[2][3][5];
        for (int n = 0; n < 2; n++) {
            for (int t = 0; t < 3; t++) {
                for (int s = 0; s < 5; s++) {
                    for (int u = 0; u < 7; u++) {
                        double sum = 0;
                        for (int c = 0; c < 4; c++) {
                            sum += at(q, n, t, c) * at(left, c, u);
                        }
                        for (int c = 0; c < 6; c++) {
                            sum += at(v, n, s, c) * at(right, c, u);
                        }
                        scores[n][t][s] += at(weights, u) * Math.tanh(sum);
                    }
                }
            }
        }
        assertIs(attended(scores, v), got);
    }

    @Test
    void multiplicativeAttention() {
        Tensor q = numbers(3, 2, 3, 4);
        Tensor v = numbers(4, 2, 5, 4);
        for (boolean dot : new boolean[] {false, true}) {
            MultiplicativeAttention layer = new MultiplicativeAttention();
            Tensor got = (dot ? layer.dot() : layer).apply(q, v);
            double[][][] scores = new double[2][3][5];
            for (int n = 0; n < 2; n++) {
                for (int t = 0; t < 3; t++) {
                    for (int s = 0; s < 5; s++) {
                        for (int c = 0; c < 4; c++) {
                            for (int d = 0; d < 4; d++) {
                                double w = !dot ? at(variable(layer, "kernel"), c, d) : c == d ? 1 : 0;
                                scores[n][t][s] += at(q, n, t, c) * w * at(v, n, s, d);
                            }
                        }
                    }
                }
            }
            assertIs(attended(scores, v), got);
        }
    }

    /** Three channels, two results each, 3x3, stride 2, one zero on each side: 5x6 becomes 3x3. */
    private static Tensor depthwise(Tensor x, Tensor kernel) {
        return each(
                p -> {
                    double sum = 0;
                    for (int i = 0; i < 3; i++) {
                        for (int j = 0; j < 3; j++) {
                            int row = 2 * p[1] + i - 1;
                            int column = 2 * p[2] + j - 1;
                            if (row >= 0 && row < 5 && column >= 0 && column < 6) {
                                sum += at(x, p[0], row, column, p[3] / 2) * at(kernel, i, j, 0, p[3]);
                            }
                        }
                    }
                    return sum;
                },
                2,
                3,
                3,
                6);
    }

    @Test
    void depthwiseConvolution() {
        Tensor x = numbers(5, 2, 5, 6, 3);
        Layer layer = Layers.depthwiseConv2d(2, 3).strides(2).padding(1);
        Tensor got = layer.apply(x);
        assertIs(depthwise(x, variable(layer, "kernel")), got);
    }

    @Test
    void separableConvolution() {
        Tensor x = numbers(6, 2, 5, 6, 3);
        Layer layer =
                Layers.separableConv2d(4, 3).multiplier(2).slide(Slide.by(2).padding(1));
        Tensor got = layer.apply(x);
        Tensor middle = depthwise(x, variable(layer, "depthwise"));
        Tensor kernel = variable(layer, "kernel");
        Tensor expected = each(
                p -> {
                    double sum = 0;
                    for (int c = 0; c < 6; c++) {
                        sum += at(middle, p[0], p[1], p[2], c) * at(kernel, 0, 0, c, p[3]);
                    }
                    return sum;
                },
                2,
                3,
                3,
                4);
        assertIs(expected, got);
    }

    /** Each x adds its channels times the kernel at twice its place. */
    @Test
    void transposedConvolutionOfVolumes() {
        Tensor x = numbers(7, 1, 2, 3, 2, 3);
        Layer layer = Layers.convTranspose3d(2, 2, 3, 2).strides(2);
        Tensor got = layer.apply(x);
        Tensor kernel = variable(layer, "kernel");
        double[][][][] sums = new double[4][7][4][2];
        each(
                i -> {
                    for (int o = 0; o < 2; o++) {
                        double sum = 0;
                        for (int c = 0; c < 3; c++) {
                            sum += at(x, 0, i[0], i[1], i[2], c) * at(kernel, i[3], i[4], i[5], o, c);
                        }
                        sums[2 * i[0] + i[3]][2 * i[1] + i[4]][2 * i[2] + i[5]][o] += sum;
                    }
                    return 0;
                },
                2,
                3,
                2,
                2,
                3,
                2);
        assertIs(each(p -> sums[p[1]][p[2]][p[3]][p[4]], 1, 4, 7, 4, 2), got);
    }

    /** Part i of p over n positions is from floor(i n / p) to ceil((i + 1) n / p). */
    @Test
    void adaptivePoolingOfVolumes() {
        int[] n = {5, 4, 7};
        int[] parts = {2, 4, 3};
        Tensor x = numbers(8, 2, n[0], n[1], n[2], 2);
        for (boolean largest : new boolean[] {false, true}) {
            Layer layer = largest ? Layers.adaptiveMaxPool3d(parts) : Layers.adaptiveAvgPool3d(parts);
            Tensor expected = each(
                    p -> {
                        int[] from = new int[3];
                        int[] to = new int[3];
                        for (int d = 0; d < 3; d++) {
                            from[d] = p[d + 1] * n[d] / parts[d];
                            to[d] = Math.ceilDiv((p[d + 1] + 1) * n[d], parts[d]);
                        }
                        double most = Double.NEGATIVE_INFINITY;
                        double sum = 0;
                        int count = 0;
                        for (int i = from[0]; i < to[0]; i++) {
                            for (int j = from[1]; j < to[1]; j++) {
                                for (int k = from[2]; k < to[2]; k++) {
                                    most = Math.max(most, at(x, p[0], i, j, k, p[4]));
                                    sum += at(x, p[0], i, j, k, p[4]);
                                    count++;
                                }
                            }
                        }
                        return largest ? most : sum / count;
                    },
                    2,
                    parts[0],
                    parts[1],
                    parts[2],
                    2);
            assertIs(expected, layer.apply(x));
        }
    }
}
