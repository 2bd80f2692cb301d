package dev.lamina.data;

import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/** Elements of tensors as bytes in memory. */
final class Elements {

    private Elements() {}

    /** The layout of an element as plain bits: copies between byte orders need only its width. */
    static ValueLayout bits(int bytes) {
        return switch (bytes) {
            case 1 -> ValueLayout.JAVA_BYTE;
            case 2 -> ValueLayout.JAVA_SHORT_UNALIGNED;
            case 4 -> ValueLayout.JAVA_INT_UNALIGNED;
            case 8 -> ValueLayout.JAVA_LONG_UNALIGNED;
            default -> throw new IllegalArgumentException("element width " + bytes);
        };
    }

    /** Makes a tensor whose bytes the caller fills in, in native byte order. */
    static Tensor tensor(DType dtype, Shape shape, Consumer<MemorySegment> fill) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(shape.size() * dtype.bytes(), 64);
            fill.accept(bytes);
            return Tensor.of(bytes, dtype, shape);
        }
    }

    /** True when the element at a byte offset is neither NaN nor infinite. */
    static boolean isFinite(MemorySegment bytes, DType dtype, long offset) {
        // A float is NaN or infinite when all bits of its exponent are set.
        return switch (dtype) {
            case F32 -> (bytes.get(ValueLayout.JAVA_INT_UNALIGNED, offset) & 0x7F80_0000) != 0x7F80_0000;
            case F64 ->
                (bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, offset) & 0x7FF0_0000_0000_0000L) != 0x7FF0_0000_0000_0000L;
            case BF16 -> (bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0x7F80) != 0x7F80;
            case F16 -> (bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0x7C00) != 0x7C00;
            case I64, I32, I8, U8, BOOL -> true;
        };
    }
}
