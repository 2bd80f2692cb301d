package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Slices of several axes and slices of slices; single ranges are in {@link IndexTest}. */
class SliceTest {
    private static final Tensor X = Tensor.arange(24).reshape(2, 3, 4);

    @Test
    void openEnds() {
        Tensor x = Tensor.arange(5);
        assertArrayEquals(new long[] {2, 3, 4}, x.slice(Index.from(2)).toLongArray());
        assertArrayEquals(new long[] {3, 4}, x.slice(Index.from(-2)).toLongArray());
        assertArrayEquals(new long[] {0, 1}, x.slice(Index.to(2)).toLongArray());
        assertArrayEquals(new long[] {0, 1, 2, 3}, x.slice(Index.to(-1)).toLongArray());
        assertArrayEquals(new long[] {0, 2, 4}, x.slice(Index.every(2)).toLongArray());
        assertArrayEquals(new long[] {4, 3, 2, 1, 0}, x.slice(Index.every(-1)).toLongArray());
        assertArrayEquals(new long[] {4, 2, 0}, x.slice(Index.every(-2)).toLongArray());
        assertArrayEquals(new long[] {0, 1, 2, 3, 4}, x.slice(Index.all()).toLongArray());
        assertArrayEquals(new long[0], x.slice(Index.from(9)).toLongArray());
    }

    @Test
    void aPositionRemovesItsAxis() {
        assertEquals(Shape.of(3, 4), X.slice(Index.at(1)).shape());
        assertArrayEquals(
                new long[] {16, 17, 18, 19}, X.slice(Index.at(1), Index.at(1)).toLongArray());
        assertEquals(23, X.slice(Index.at(-1), Index.at(-1), Index.at(-1)).item());
        assertEquals(Shape.of(), X.slice(Index.at(0), Index.at(0), Index.at(0)).shape());
    }

    @Test
    void ellipsisStandsForTheOtherAxes() {
        assertArrayEquals(
                new long[] {3, 7, 11, 15, 19, 23},
                X.slice(Index.ellipsis(), Index.at(-1)).toLongArray());
        assertEquals(Shape.of(2, 3), X.slice(Index.ellipsis(), Index.at(-1)).shape());
        assertEquals(
                Shape.of(3, 2),
                X.slice(Index.at(0), Index.ellipsis(), Index.every(2)).shape());
        assertEquals(X.shape(), X.slice(Index.ellipsis()).shape());
        assertEquals(
                Shape.of(1, 1, 1),
                X.slice(Index.to(1), Index.to(1), Index.ellipsis(), Index.to(1)).shape());
    }

    @Test
    void newAxes() {
        assertEquals(Shape.of(1, 2, 3, 4), X.slice(Index.newAxis()).shape());
        assertEquals(Shape.of(2, 1, 3, 4), X.slice(Index.all(), Index.newAxis()).shape());
        assertEquals(
                Shape.of(2, 3, 4, 1), X.slice(Index.ellipsis(), Index.newAxis()).shape());
        assertEquals(
                Shape.of(1, 3, 1, 4),
                X.slice(Index.newAxis(), Index.at(0), Index.all(), Index.newAxis())
                        .shape());
    }

    @Test
    void steppedViewsOfViews() {
        Tensor evenColumnsBackwards = X.slice(Index.all(), Index.every(-1), Index.every(2));
        assertArrayEquals(new long[] {8, 10, 4, 6, 0, 2, 20, 22, 16, 18, 12, 14}, evenColumnsBackwards.toLongArray());
        assertArrayEquals(
                new long[] {10, 6, 2, 22, 18, 14},
                evenColumnsBackwards.slice(Index.ellipsis(), Index.at(-1)).toLongArray());
        assertArrayEquals(
                new long[] {0, 12, 2, 14},
                X.permute(2, 1, 0).slice(Index.every(2), Index.at(0)).toLongArray());
    }

    @Test
    void errors() {
        assertThrows(ShapeException.class, () -> X.slice(Index.at(2)));
        assertThrows(ShapeException.class, () -> X.slice(Index.at(-3)));
        assertThrows(ShapeException.class, () -> X.slice(Index.all(), Index.all(), Index.all(), Index.all()));
        assertThrows(ShapeException.class, () -> X.slice(Index.ellipsis(), Index.ellipsis()));
        assertThrows(LaminaException.class, () -> Index.every(0));
        assertThrows(ShapeException.class, () -> Tensor.zeros(0).slice(Index.at(0)));
    }

    @Test
    void gradientGoesBackToThePlaces() {
        Tensor x = Tensor.zeros(7);
        Tensor y = x.slice(Index.range(5, 0, -2));
        Tensor gradient =
                Gradients.of(y, Tensor.of(new float[] {1, 2, 3}), List.of(x)).getFirst();
        assertArrayEquals(new float[] {0, 3, 0, 2, 0, 1, 0}, gradient.toFloatArray());
    }
}
