package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NumPy's broadcasting rules: of shapes and of values. */
class BroadcastTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2 3   | 2 3   | 2 3",
                "2 3   | 3     | 2 3",
                "2 3   | 2 1   | 2 3",
                "4 1 3 | 2 1   | 4 2 3",
                "      | 2 3   | 2 3",
                "1     | 7     | 7",
                "1 1 1 | 5     | 1 1 5",
                "0     | 1     | 0",
                "3 0   | 1     | 3 0",
                "3 0   | 3 1   | 3 0",
                "256 256 3 | 3 | 256 256 3",
                "8 1 6 1 | 7 1 5 | 8 7 6 5"
            })
    void shapesThatGoTogether(String left, String right, String result) {
        assertEquals(shape(result), Shape.broadcast(shape(left), shape(right)));
        assertEquals(shape(result), Shape.broadcast(shape(right), shape(left)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"3 | 4", "2 3 | 2", "2 1 | 8 4 3", "0 | 2", "2 3 | 3 2"})
    void shapesThatDoNot(String left, String right) {
        ShapeException error = assertThrows(
                ShapeException.class,
                () -> Tensor.zeros(DType.F32, shape(left)).add(Tensor.ones(DType.F32, shape(right))));
        assertTrue(error.getMessage().contains(shape(left).toString()), error.getMessage());
        assertTrue(error.getMessage().contains(shape(right).toString()), error.getMessage());
    }

    private static Shape shape(String text) {
        String words = text == null ? "" : text.trim();
        return words.isEmpty()
                ? Shape.of()
                : Shape.of(java.util.Arrays.stream(words.split(" +"))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void valuesAreRepeated() {
        Tensor column = Tensor.of(new int[] {10, 20}, 2, 1);
        Tensor row = Tensor.of(new int[] {1, 2, 3});
        Tensor sum = column.add(row);
        assertEquals(Shape.of(2, 3), sum.shape());
        assertArrayEquals(new int[] {11, 12, 13, 21, 22, 23}, sum.toIntArray());
    }

    @Test
    void anEmptyAxisGivesAnEmptyResult() {
        Tensor sum = Tensor.zeros(3, 0).add(Tensor.ones(3, 1));
        assertEquals(Shape.of(3, 0), sum.shape());
        assertArrayEquals(new float[0], sum.toFloatArray());
    }

    @Test
    void gradientOfARepeatedOperandIsSummed() {
        Tensor column = Tensor.of(new double[] {1, 2}, 2, 1);
        Tensor all = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
        Tensor gradient =
                Gradients.of(column.mul(all).sum(), java.util.List.of(column)).getFirst();
        assertEquals(Shape.of(2, 1), gradient.shape());
        assertArrayEquals(new double[] {6, 15}, gradient.toDoubleArray());
    }

    @Property(tries = 200)
    void eachElementComesFromItsPlace(@ForAll("pairs") int[][] pair) {
        Shape left = Shape.of(pair[0]);
        Shape right = Shape.of(pair[1]);
        Tensor a = Tensor.arange(DType.I64, (int) left.size()).reshape(left);
        Tensor b = Tensor.arange(DType.I64, (int) right.size()).mul(1000).reshape(right);
        Tensor sum = a.add(b);
        long[] values = sum.toLongArray();
        for (int i = 0; i < values.length; i++) {
            assertEquals(flat(i, sum.shape(), left) + 1000 * flat(i, sum.shape(), right), values[i]);
        }
    }

    /** Position in a shape of the element that a position of the broadcast shape reads. */
    private static long flat(int position, Shape result, Shape source) {
        long[] strides = result.strides();
        long[] own = source.strides();
        int extra = result.rank() - source.rank();
        long at = 0;
        for (int axis = 0; axis < source.rank(); axis++) {
            long index = position / strides[axis + extra] % result.dim(axis + extra);
            at += source.dim(axis) == 1 ? 0 : index * own[axis];
        }
        return at;
    }

    @Provide
    Arbitrary<int[][]> pairs() {
        Arbitrary<int[]> shapes = Arbitraries.of(1, 2, 3, 7).array(int[].class).ofMaxSize(4);
        return shapes.flatMap(shape -> Arbitraries.of(true, false)
                .array(boolean[].class)
                .ofSize(shape.length)
                .flatMap(ones -> Arbitraries.integers().between(0, shape.length).map(drop -> {
                    int[] other = java.util.Arrays.copyOfRange(shape, drop, shape.length);
                    for (int i = 0; i < other.length; i++) {
                        other[i] = ones[i + drop] ? 1 : other[i];
                    }
                    return new int[][] {shape, other};
                })));
    }
}
