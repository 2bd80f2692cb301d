package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Into tensors and out of them: arrays, buffers, segments, fillings. */
class TensorCreationTest {
    @Test
    void arraysOfEveryType() {
        assertTensor(DType.F32, Tensor.of(new float[] {1.5f, -2}), 1.5, -2);
        assertTensor(DType.F64, Tensor.of(new double[] {1.5, -2}), 1.5, -2);
        assertTensor(DType.I32, Tensor.of(new int[] {Integer.MAX_VALUE, -2}), Integer.MAX_VALUE, -2);
        assertTensor(DType.I64, Tensor.of(new long[] {1L << 40, -2}), 1L << 40, -2);
        assertTensor(DType.I8, Tensor.of(new byte[] {127, -128}), 127, -128);
        assertTensor(DType.BOOL, Tensor.of(new boolean[] {true, false}), 1, 0);
    }

    private static void assertTensor(DType dtype, Tensor x, double... values) {
        assertEquals(dtype, x.dtype());
        assertEquals(Shape.of(values.length), x.shape());
        assertArrayEquals(values, x.toDoubleArray());
    }

    @Test
    void oneValueIsAVectorAndAScalarIsNot() {
        assertEquals(Shape.of(1), Tensor.of(new float[] {5}).shape());
        assertEquals(Shape.of(), Tensor.scalar(5f).shape());
        assertEquals(Shape.of(), Tensor.of(new float[] {5}).reshape().shape());
        assertEquals(Shape.of(1, 1), Tensor.of(new float[] {5}, 1, 1).shape());
        assertEquals(Shape.of(0), Tensor.of(new int[0]).shape());
        assertEquals(Shape.of(3, 0), Tensor.of(new int[0], 3, 0).shape());
    }

    @Test
    void whatTheCallerChangesLaterDoesNotMatter() {
        float[] values = {1, 2};
        Tensor x = Tensor.of(values);
        values[0] = 9;
        assertArrayEquals(new float[] {1, 2}, x.toFloatArray());
        float[] out = x.toFloatArray();
        out[0] = 9;
        assertArrayEquals(new float[] {1, 2}, x.toFloatArray());
    }

    @Test
    void buffersFromPositionToLimitWhateverTheirOrder() {
        ByteBuffer buffer = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(7).putInt(8).putInt(9).putInt(10);
        buffer.position(4).limit(12).order(ByteOrder.BIG_ENDIAN);
        assertArrayEquals(
                new int[] {8, 9}, Tensor.of(buffer, DType.I32, Shape.of(2)).toIntArray());
        assertEquals(4, buffer.position());
        ByteBuffer direct =
                ByteBuffer.allocateDirect(2).put((byte) 200).put((byte) 1).flip();
        assertArrayEquals(
                new int[] {200, 1}, Tensor.of(direct, DType.U8, Shape.of(2)).toIntArray());
        assertThrows(ShapeException.class, () -> Tensor.of(buffer, DType.I32, Shape.of(3)));
    }

    @Test
    void segmentsAreCopied() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(16);
            segment.set(ValueLayout.JAVA_DOUBLE, 8, 2.5);
            Tensor x = Tensor.of(segment, DType.F64, Shape.of(2));
            segment.set(ValueLayout.JAVA_DOUBLE, 8, 9);
            assertArrayEquals(new double[] {0, 2.5}, x.toDoubleArray());
        }
    }

    @Test
    void theSegmentOfATensorIsReadOnlyAndInOrder() {
        Tensor x = Tensor.arange(6).reshape(2, 3).transpose();
        MemorySegment segment = x.segment();
        assertEquals(48, segment.byteSize());
        assertEquals(3, segment.getAtIndex(ValueLayout.JAVA_LONG, 1));
        assertTrue(segment.isReadOnly());
    }

    @Test
    void fillings() {
        assertArrayEquals(new float[] {0, 0}, Tensor.zeros(2).toFloatArray());
        assertArrayEquals(new int[] {1, 1}, Tensor.ones(DType.U8, Shape.of(2)).toIntArray());
        assertArrayEquals(new float[] {2.5f, 2.5f}, Tensor.full(2.5, 2).toFloatArray());
        assertArrayEquals(new long[] {0, 1, 2}, Tensor.arange(3).toLongArray());
        assertEquals(DType.F32, Tensor.arange(DType.F32, 3).dtype());
        assertArrayEquals(
                new float[] {0, 0.25f, 0.5f, 0.75f, 1}, Tensor.linspace(0, 1, 5).toFloatArray());
        assertArrayEquals(new float[] {3}, Tensor.linspace(3, 9, 1).toFloatArray());
        assertArrayEquals(new float[] {1, 0, 0, 1}, Tensor.eye(2).toFloatArray());
        Tensor like = Tensor.of(new byte[] {1, 2}, 1, 2);
        assertEquals(DType.I8, like.zerosLike().dtype());
        assertEquals(Shape.of(1, 2), like.onesLike().shape());
        assertEquals(0.1f, Tensor.full(0.1, 1).item());
        assertEquals(-56, Tensor.full(DType.I8, 200, Shape.of()).item());
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void arraysOutOfEveryType(DType dtype) {
        Tensor x = Tensor.of(new int[] {1, 0, 1}).cast(dtype);
        assertArrayEquals(new float[] {1, 0, 1}, x.toFloatArray());
        assertArrayEquals(new double[] {1, 0, 1}, x.toDoubleArray());
        assertArrayEquals(new int[] {1, 0, 1}, x.toIntArray());
        assertArrayEquals(new long[] {1, 0, 1}, x.toLongArray());
        assertArrayEquals(new byte[] {1, 0, 1}, x.toByteArray());
        assertArrayEquals(new boolean[] {true, false, true}, x.toBooleanArray());
        assertEquals(1, x.slice(Index.at(2)).item());
    }

    @Test
    void debugShowsTheGraph() {
        String text = Tensor.of(new float[] {1, 2}).mul(2).sum().debug();
        assertTrue(text.contains("MUL") && text.contains("SUM") && text.contains("f32 (2,)"), text);
        assertEquals(5, text.lines().count(), text);
    }
}
