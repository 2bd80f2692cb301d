package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Leaves of random graphs: data, constants and random numbers. */
final class FuzzLeaves {
    private FuzzLeaves() {}

    /** One value everywhere, compiled into the plan. */
    static Traced constant(FuzzGraph graph, Shape shape, DType dtype) {
        double value = graph.below(9) - (dtype == DType.U8 || dtype == DType.BOOL ? 0 : 4);
        double held = dtype == DType.BOOL ? Math.min(value, 1) : dtype.isFloat() ? value / 4 : value;
        return new Traced(Tensor.full(dtype, held, shape), Math.abs(held), 0, dtype.isFloat() ? 0.25 : 1);
    }

    /** Random values: floats either on a coarse grid or with all digits, integers small or of the whole type. */
    static Traced data(FuzzGraph graph, Shape shape, DType dtype) {
        if (dtype.isFloat()) {
            return floats(graph, shape, dtype);
        }
        boolean whole = dtype != DType.BOOL && graph.chance(15);
        long bound = dtype == DType.BOOL ? 2 : whole ? (long) Math.min(Traced.limit(dtype), 0x1p62) : 7;
        long low = dtype == DType.BOOL || dtype == DType.U8 ? 0 : -bound;
        double[] values = new double[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = graph.random().nextLong(low, bound);
        }
        return Traced.integer(tensor(values, shape, dtype), (double) bound);
    }

    private static Traced floats(FuzzGraph graph, Shape shape, DType dtype) {
        if (graph.chance(10) && (dtype == DType.F32 || dtype == DType.F64)) {
            return new Traced(Random.seed(graph.below(1000)).uniform(dtype, shape, 0, 1), 1, 0, 0);
        }
        boolean coarse = graph.chance(40);
        double[] values = new double[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = coarse
                    ? graph.random().nextInt(-12, 13) / 4.0
                    : graph.random().nextDouble(-2, 2);
        }
        return new Traced(tensor(values, shape, dtype), coarse ? 3 : 2, 0, coarse ? 0.25 : 0);
    }

    /** The values as elements of a dtype, rounded to it. */
    static Tensor tensor(double[] values, Shape shape, DType dtype) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            switch (dtype) {
                case F32 -> bytes.putFloat((float) value);
                case F64 -> bytes.putDouble(value);
                case BF16 -> bytes.putShort(DType.toBf16((float) value));
                case F16 -> bytes.putShort(Float.floatToFloat16((float) value));
                case I64 -> bytes.putLong((long) value);
                case I32 -> bytes.putInt((int) value);
                case I8, U8, BOOL -> bytes.put((byte) (long) value);
            }
        }
        return Tensor.of(bytes.flip(), dtype, shape);
    }
}
