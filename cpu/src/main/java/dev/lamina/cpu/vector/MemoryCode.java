package dev.lamina.cpu.vector;

import dev.lamina.core.DType;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@link KernelCode} that loads and stores lanes. Element i of a value is at {@code at + i * dtype.bytes()}, or at {@code at +
 * i * stride}. A tail limits an access to its lanes: no byte of the others is touched, and loads give 0 (false) there. Without a tail all
 * {@link KernelCode#lanes()} elements are accessed. No alignment is needed.
 *
 * <p>Loads convert: f32, f16 and bf16 to F32, i32, i8 and u8 to I32, bool (any byte but 0 is true) to BOOL. Stores convert back: F32 is rounded
 * to nearest even, I32 wrapped, BOOL stored as 0 or 1; the kind of the value has to be that of the dtype, so call {@link KernelCode#cast} before.
 */
abstract sealed class MemoryCode extends VectorCode permits KernelCode {
    /** The lanes below a count, which is at most lanes(); negative counts as 0. Made once, where the count is known. */
    public Tail tail(R count) {
        throw todo();
    }

    /** The lanes below a number that is known now. */
    public Tail tail(int count) {
        throw todo();
    }

    /** Neighbouring elements. */
    public V load(DType dtype, At at, @Nullable Tail tail) {
        throw todo();
    }

    /** One element, repeated in all lanes. */
    public V broadcast(DType dtype, At at) {
        throw todo();
    }

    /** Elements that are {@code stride} bytes apart; the stride may be negative or 0. Slow: one element at a time or a gather. */
    public V loadStrided(DType dtype, At at, long stride, @Nullable Tail tail) {
        throw todo();
    }

    /** Neighbouring elements. */
    public void store(DType dtype, At at, V value, @Nullable Tail tail) {
        throw todo();
    }

    /** Elements that are {@code stride} bytes apart. Slow: one element at a time. */
    public void storeStrided(DType dtype, At at, long stride, V value, @Nullable Tail tail) {
        throw todo();
    }

    /**
     * Neighbouring elements, past the caches. Only for f32, f64, i32 and i64, and the place has to be aligned to the bytes of one register
     * (vectorBits / 8). Call {@link #fence} at the end of the kernel.
     */
    public void storeStreaming(DType dtype, At at, V value) {
        throw todo();
    }

    /** Makes streaming stores visible to other cores in order. */
    public void fence() {
        throw todo();
    }

    /** Lane 0 only. */
    public void storeFirst(DType dtype, At at, V value) {
        throw todo();
    }

    /** Asks for the cache line of a place, which may be anywhere, ahead of its use. */
    public void prefetch(At at) {
        throw todo();
    }
}
