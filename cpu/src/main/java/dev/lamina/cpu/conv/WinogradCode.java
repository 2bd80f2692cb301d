package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.Lane;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import java.util.Arrays;

/**
 * Code that takes squares of vectors of channels from one side of a minimal filter (see {@link Winograd}) to the other: Z = T X T', where X is a
 * few pixels of an image, the taps of a kernel, or products. Pixels outside of an image are 0.
 *
 * <p>Arguments: source, items, target, description. Items begin with their number; each has {@link #ITEM} bytes: its place in the source and in the
 * target, and which rows and columns of an image it has, as bits. Vectors of channels that are cut off are cut off on both sides.
 */
final class WinogradCode {
    /** Offsets in a description: bytes from row to row and pixel to pixel of an image, a row of pixels that are 0. */
    static final int ROW = 8;

    static final int PIXEL = 16;
    static final int ZEROS = 24;

    /** Bytes from plane to plane, on sides that have planes. */
    static final int FROM_PLANE = 32;

    static final int TO_PLANE = 40;

    /** Channels of an item. */
    static final int CHANNELS = 48;

    static final int BYTES = 64;

    /** Bytes of an item. */
    static final int ITEM = 32;

    /** What is transformed: whether from and to pixels, or planes. */
    enum Kind {
        SOURCE(true, false),
        ABOVE(true, false),
        KERNEL(false, false),
        TARGET(false, true),
        GRADIENT(false, false);

        final boolean fromImage;
        final boolean toImage;

        Kind(boolean fromImage, boolean toImage) {
            this.fromImage = fromImage;
            this.toImage = toImage;
        }

        private double[][] matrix(Filter filter) {
            return switch (this) {
                case SOURCE -> filter.source();
                case ABOVE, TARGET -> filter.powers();
                case KERNEL, GRADIENT -> filter.kernel();
            };
        }

        /** Whether T is the matrix turned. */
        private boolean isTurned() {
            return this == TARGET || this == GRADIENT;
        }
    }

    private final KernelCode code;
    private final Kind kind;
    private final double[][] matrix;

    /** Extents of X and Z. */
    private final int inputs;

    private final int outputs;
    private final R from;
    private final R to;
    private final R row;
    private final R pixel;
    private final R fromPlane;
    private final R toPlane;

    private WinogradCode(Kind kind, Filter filter, int bits) {
        this.kind = kind;
        matrix = kind.matrix(filter);
        inputs = kind.isTurned() ? matrix.length : matrix[0].length;
        outputs = kind.isTurned() ? matrix[0].length : matrix.length;
        code = new KernelCode(bits);
        from = code.argument(0);
        R items = code.argument(1);
        to = code.argument(2);
        R description = code.argument(3);
        row = code.load(At.of(description, ROW));
        pixel = code.load(At.of(description, PIXEL));
        fromPlane = code.load(At.of(description, FROM_PLANE));
        toPlane = code.load(At.of(description, TO_PLANE));
        R channels = code.load(At.of(description, CHANNELS));
        R zeros = code.load(At.of(description, ZEROS));
        R item = code.variable(code.add(items, Long.BYTES));
        code.loop(0, code.load(At.of(items)), 1);
        item(item, zeros, channels);
        code.increase(item, ITEM);
        code.endLoop();
    }

    static Assembler write(Kind kind, Filter filter, int bits) {
        return new WinogradCode(kind, filter, bits).code.assemble();
    }

    private void item(R item, R zeros, R channels) {
        R source = code.add(from, code.load(At.of(item)));
        R target = code.add(to, code.load(At.of(item, 8)));
        R hasRow = code.load(At.of(item, 16));
        R hasColumn = code.load(At.of(item, 24));
        R[] rows = kind.fromImage ? sourceRows(source, hasRow, zeros) : new R[0];
        R[] targets = kind.toImage ? targetRows(target, hasRow) : new R[0];
        R i = code.loop(0, channels, code.lanes());
        R count = code.min(code.sub(channels, i), code.integer(code.lanes()));
        V[][] half = new V[outputs][inputs];
        R pixelAt = code.variable(code.shiftLeft(i, 2));
        R plane = code.variable(code.address(At.of(source, i, Float.BYTES)));
        Tail tail = code.tail(count);
        for (int column = 0; column < inputs; column++) {
            V[] x = kind.fromImage
                    ? pixels(rows, pixelAt, code.mul(count, bit(hasColumn, column)))
                    : planes(plane, tail);
            V[] z = apply(x);
            for (int j = 0; j < outputs; j++) {
                half[j][column] = z[j];
            }
        }
        if (kind.toImage) {
            storePixels(half, targets, code.shiftLeft(i, 2), hasColumn, tail);
        } else {
            storePlanes(half, code.variable(code.address(At.of(target, i, Float.BYTES))), tail);
        }
        code.endLoop();
    }

    private R bit(R bits, int number) {
        return code.and(code.shiftRight(bits, number), 1);
    }

    /** Where rows of pixels begin; those outside are 0. */
    private R[] sourceRows(R source, R hasRow, R zeros) {
        R[] rows = new R[inputs];
        R at = source;
        for (int i = 0; i < inputs; i++) {
            rows[i] = code.add(zeros, code.mul(code.sub(at, zeros), bit(hasRow, i)));
            at = code.add(at, row);
        }
        return rows;
    }

    /** Rows that are outside are written where the first row is, which is written later. */
    private R[] targetRows(R target, R hasRow) {
        R[] rows = new R[outputs];
        R distance = code.integer(0);
        for (int i = 0; i < outputs; i++) {
            rows[i] = i == 0 ? target : code.add(target, code.mul(distance, bit(hasRow, i)));
            distance = code.add(distance, row);
        }
        return rows;
    }

    /** A column of pixels. */
    private V[] pixels(R[] rows, R at, R count) {
        Tail tail = code.tail(count);
        V[] x = new V[inputs];
        for (int i = 0; i < inputs; i++) {
            x[i] = code.load(DType.F32, At.of(rows[i], at, 1), tail);
        }
        code.increase(at, pixel);
        return x;
    }

    /** A column of planes. */
    private V[] planes(R plane, Tail tail) {
        V[] x = new V[inputs];
        R at = code.variable(plane);
        R line = code.mul(fromPlane, inputs);
        for (int i = 0; i < inputs; i++) {
            x[i] = code.load(DType.F32, At.of(at), tail);
            code.increase(at, line);
        }
        code.increase(plane, fromPlane);
        return x;
    }

    private void storePlanes(V[][] half, R at, Tail tail) {
        for (V[] line : half) {
            for (V z : apply(line)) {
                code.store(DType.F32, At.of(at), z, tail);
                code.increase(at, toPlane);
            }
        }
    }

    private void storePixels(V[][] half, R[] rows, R first, R hasColumn, Tail tail) {
        R[] columns = new R[outputs];
        R distance = code.integer(0);
        for (int i = 0; i < outputs; i++) {
            columns[i] = i == 0 ? first : code.add(first, code.mul(distance, bit(hasColumn, i)));
            distance = code.add(distance, pixel);
        }
        for (int j = outputs - 1; j >= 0; j--) {
            V[] z = apply(half[j]);
            for (int i = outputs - 1; i >= 0; i--) {
                code.store(DType.F32, At.of(rows[j], columns[i], 1), z[i], tail);
            }
        }
    }

    private V[] apply(V[] x) {
        return kind.isTurned() ? gather(x) : spread(x);
    }

    /** M x, where rows 1 and 2 of M, 3 and 4 and so on are alike but for the signs of odd columns. */
    private V[] spread(V[] x) {
        V[] z = new V[outputs];
        z[0] = sum(matrix[0], x, 0, 1);
        z[outputs - 1] = sum(matrix[outputs - 1], x, 0, 1);
        for (int i = 1; i < outputs - 1; i += 2) {
            V even = sum(matrix[i], x, 0, 2);
            V odd = sum(matrix[i], x, 1, 2);
            z[i] = code.add(even, odd);
            z[i + 1] = code.sub(even, odd);
        }
        return z;
    }

    /** M' x. */
    private V[] gather(V[] x) {
        int last = inputs - 1;
        int count = inputs / 2 + 1;
        double[][] rows = new double[count][];
        V[][] pairs = new V[2][count];
        for (int i = 0; i < count; i++) {
            int at = Math.clamp(2L * i - 1, 0, last);
            boolean alone = at == 0 || at == last;
            rows[i] = matrix[at];
            pairs[0][i] = alone ? x[at] : code.add(x[at], x[at + 1]);
            pairs[1][i] = alone ? x[at] : code.sub(x[at], x[at + 1]);
        }
        V[] z = new V[outputs];
        for (int j = 0; j < outputs; j++) {
            int power = j;
            double[] factors =
                    Arrays.stream(rows).mapToDouble(row -> row[power]).toArray();
            z[j] = sum(factors, pairs[j % 2], 0, 1);
        }
        return z;
    }

    /** The sum of some products, beginning with a factor of 1 if there is one. */
    private V sum(double[] factors, V[] x, int first, int step) {
        int begin = first;
        for (int i = first; i < x.length; i += step) {
            if (factors[i] == 1 || factors[begin] == 0) {
                begin = i;
            }
        }
        V sum = factors[begin] == 1 ? x[begin] : code.mul(x[begin], code.constant(Lane.F32, factors[begin]));
        for (int i = first; i < x.length; i += step) {
            if (i != begin && factors[i] != 0) {
                sum = factors[i] == 1 ? code.add(sum, x[i]) : code.fma(x[i], code.constant(Lane.F32, factors[i]), sum);
            }
        }
        return sum;
    }
}
