package dev.lamina.core.backend;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.memory.Elements;
import java.lang.foreign.MemorySegment;
import java.util.function.LongToDoubleFunction;
import java.util.function.LongUnaryOperator;

/** The elements of one node in the interpreter: doubles for floats, longs for integers and bool, row-major. */
final class Values {
    private final Shape shape;
    private final DType dtype;
    private final double[] doubles;
    private final long[] longs;

    Values(Shape shape, DType dtype) {
        this.shape = shape;
        this.dtype = dtype;
        int size = Math.toIntExact(shape.size());
        doubles = new double[dtype.isFloat() ? size : 0];
        longs = new long[dtype.isFloat() ? 0 : size];
    }

    Shape shape() {
        return shape;
    }

    DType dtype() {
        return dtype;
    }

    int size() {
        return (int) shape.size();
    }

    double get(long index) {
        return dtype.isFloat() ? doubles[(int) index] : longs[(int) index];
    }

    long getLong(long index) {
        return dtype.isFloat() ? (long) doubles[(int) index] : longs[(int) index];
    }

    void set(long index, double value) {
        if (dtype.isFloat()) {
            doubles[(int) index] = dtype.round(value);
        } else {
            longs[(int) index] = dtype.wrap((long) value);
        }
    }

    void setLong(long index, long value) {
        if (dtype.isFloat()) {
            doubles[(int) index] = dtype.round((double) value);
        } else {
            longs[(int) index] = dtype.wrap(value);
        }
    }

    /** Computes each element with the function that suits the dtype. */
    void fill(LongToDoubleFunction floats, LongUnaryOperator integers) {
        for (int i = 0; i < size(); i++) {
            if (dtype.isFloat()) {
                set(i, floats.applyAsDouble(i));
            } else {
                setLong(i, integers.applyAsLong(i));
            }
        }
    }

    /** Moves one element of equal dtype. */
    void move(long to, Values from, long index) {
        if (dtype.isFloat()) {
            doubles[(int) to] = from.doubles[(int) index];
        } else {
            longs[(int) to] = from.longs[(int) index];
        }
    }

    void copy(Values from) {
        for (int i = 0; i < size(); i++) {
            move(i, from, i);
        }
    }

    void store(MemorySegment to) {
        for (int i = 0; i < size(); i++) {
            if (dtype.isFloat()) {
                Elements.set(to, dtype, i, doubles[i]);
            } else {
                Elements.setLong(to, dtype, i, longs[i]);
            }
        }
    }
}
