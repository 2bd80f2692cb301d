package dev.lamina.core;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Tensors as text in the manner of NumPy, followed by dtype and shape. */
final class TensorText {
    private static final int MOST = 1000;
    private static final int EDGE = 3;
    private static final int WIDTH = 100;

    private final Tensor tensor;
    private final double[] values;
    private final long[] whole;
    private final Shape shape;
    private final StringBuilder text = new StringBuilder();
    private List<String> cells = List.of();
    private int column;

    private TensorText(Tensor tensor) {
        this.tensor = tensor;
        boolean floats = tensor.dtype().isFloat();
        // Of a long tensor only the edges are read.
        Tensor shown = tensor.size() > MOST ? edges(tensor) : tensor;
        this.values = floats ? shown.toDoubleArray() : new double[0];
        this.whole = floats ? new long[0] : shown.toLongArray();
        this.shape = shown.shape();
    }

    static String of(Tensor tensor) {
        return new TensorText(tensor).written();
    }

    private String written() {
        cells = tensor.dtype().isFloat() ? floats() : integers();
        int width = cells.stream().mapToInt(String::length).max().orElse(0);
        if (tensor.rank() > 0) {
            cells = cells.stream()
                    .map(cell -> " ".repeat(width - cell.length()) + cell)
                    .toList();
        }
        write(0, 0);
        return text + "  " + tensor.dtype() + " " + tensor.shape();
    }

    /** Writes the block of the shown elements that starts at a position, from one axis on. */
    private void write(int axis, int at) {
        if (axis == shape.rank()) {
            word(cells.get(at), axis);
            return;
        }
        put("[");
        int stride = Math.toIntExact(shape.range(axis + 1, shape.rank()).size());
        boolean gap = shape.dim(axis) != tensor.dim(axis);
        for (int i = 0; i < shape.dim(axis); i++) {
            boolean last = axis == shape.rank() - 1;
            if (i > 0) {
                separate(axis, last);
            }
            if (gap && i == EDGE) {
                word("...", axis);
                separate(axis, last);
            }
            write(axis + 1, at + i * stride);
        }
        put("]");
    }

    private void separate(int axis, boolean last) {
        if (last) {
            put(" ");
            return;
        }
        // One line break between rows, one more for each further axis, as NumPy does.
        put("\n".repeat(shape.rank() - 1 - axis));
        column = 0;
        put(" ".repeat(axis + 1));
    }

    private void word(String word, int axis) {
        if (column + word.length() > WIDTH && column > axis) {
            text.setLength(text.length() - 1);
            put("\n");
            column = 0;
            put(" ".repeat(axis));
        }
        put(word);
    }

    private void put(String part) {
        text.append(part);
        column += part.length();
    }

    private List<String> integers() {
        boolean bool = tensor.dtype() == DType.BOOL;
        List<String> result = new ArrayList<>();
        for (long value : whole) {
            result.add(bool ? Boolean.toString(value != 0) : Long.toString(value));
        }
        return result;
    }

    /** All with as many digits as the one that needs most, at most 8 (4 for halves). */
    private List<String> floats() {
        int most = tensor.dtype() == DType.F32 || tensor.dtype() == DType.F64 ? 8 : 4;
        double[] sizes = IntStream.range(0, values.length)
                .mapToDouble(i -> Math.abs(values[i]))
                .filter(size -> size > 0 && size < Double.POSITIVE_INFINITY)
                .sorted()
                .toArray();
        double largest = sizes.length == 0 ? 0 : sizes[sizes.length - 1];
        boolean scientific = largest >= 1e8 || (sizes.length > 0 && (sizes[0] < 1e-4 || largest / sizes[0] > 1e6));
        int digits = 0;
        for (double size : sizes) {
            BigDecimal shortest = shortest(size);
            int needed = scientific ? shortest.precision() - 1 : shortest.scale();
            digits = Math.max(digits, Math.min(needed, most));
        }
        int places = digits;
        String form = "%." + places + (scientific ? "e" : places == 0 ? "f." : "f");
        List<String> result = new ArrayList<>();
        for (double value : values) {
            boolean special = Double.isNaN(value) || Double.isInfinite(value);
            result.add(
                    special ? special(value) : String.format(Locale.ROOT, form, value == 0 ? value : shortest(value)));
        }
        return result;
    }

    private static String special(double value) {
        return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }

    /** The fewest digits that give the value back. */
    private BigDecimal shortest(double value) {
        String digits = tensor.dtype() == DType.F64 ? Double.toString(value) : Float.toString((float) value);
        return new BigDecimal(digits).round(MathContext.DECIMAL64).stripTrailingZeros();
    }

    private static Tensor edges(Tensor tensor) {
        Tensor result = tensor.evaluate();
        for (int axis = 0; axis < tensor.rank(); axis++) {
            int extent = tensor.dim(axis);
            if (extent > 2 * EDGE) {
                result = Tensor.concat(axis, result.narrow(axis, 0, EDGE), result.narrow(axis, extent - EDGE, EDGE));
            }
        }
        return result;
    }
}
