package dev.lamina.nn.layers;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import org.jspecify.annotations.Nullable;

/** Numbers that depend on the position in a sequence and on the column only, made once for a size. */
final class Positions {
    /** A number at a position. */
    @FunctionalInterface
    interface Entry {
        double of(int position, int column);
    }

    private record Table(int rows, int columns, DType dtype, Tensor values) {}

    private final Entry entry;
    private volatile @Nullable Table last;

    Positions(Entry entry) {
        this.entry = entry;
    }

    /** position / theta^(2 pair / width). */
    static double angle(int position, int pair, double theta, int width) {
        return position * Math.pow(theta, -2.0 * pair / width);
    }

    /** Rows for the positions of this call (count, columns): from 0 on, or from where a {@link KeyValueCache} is. */
    Tensor rows(int count, int columns, DType dtype) {
        return KeyValueCache.current()
                .map(cache -> cache.rows(table(cache.capacity(), columns, dtype), count))
                .orElseGet(() -> table(count, columns, dtype));
    }

    private Tensor table(int rows, int columns, DType dtype) {
        Table known = last;
        if (known == null || known.rows != rows || known.columns != columns || known.dtype != dtype) {
            double[] values = new double[rows * columns];
            for (int i = 0; i < values.length; i++) {
                values[i] = entry.of(i / columns, i % columns);
            }
            Tensor exact = Tensor.of(values, rows, columns);
            known = new Table(rows, columns, dtype, exact.cast(dtype).evaluate());
            last = known;
        }
        return known.values;
    }

    /** Refuses what is not (N, T, C). */
    static void requireSequence(String layer, Shape input) {
        if (input.rank() != 3) {
            throw new ShapeException(
                    layer + ": expected sequences (N, T, C), got " + input + "; for one sequence use unsqueeze(0)");
        }
    }
}
