package dev.lamina.cpu.vector;

import dev.lamina.core.DType;
import dev.lamina.core.op.Elementwise;
import org.jspecify.annotations.Nullable;

/**
 * Writes one kernel in virtual registers and structured control flow; {@link #assemble} makes machine code of it. One source serves both
 * widths: a value covers {@link #lanes()} elements, 8 with AVX2 and 16 with AVX-512, whatever their type is.
 *
 * <pre>{@code
 * KernelCode code = new KernelCode(512);
 * R x = code.argument(0);
 * R y = code.argument(1);
 * R n = code.argument(2);
 * R i = code.loop(0, code.add(n, 1 - code.lanes()), code.lanes());
 * code.store(F32, At.of(y, i, 4), code.apply(EXP, F32, code.load(F32, At.of(x, i, 4), null), null, null), null);
 * code.endLoop();
 * Tail tail = code.tail(code.sub(n, i));
 * code.store(F32, At.of(y, i, 4), code.apply(EXP, F32, code.load(F32, At.of(x, i, 4), tail), null, null), tail);
 * }</pre>
 *
 * Not safe for use by several threads; used once.
 */
public final class KernelCode extends MemoryCode {
    private final int vectorBits;

    /**
     * Starts a kernel.
     *
     * @param vectorBits 256 for AVX2 with FMA, 512 for AVX-512 (F, BW, DQ, VL)
     */
    public KernelCode(int vectorBits) {
        this.vectorBits = vectorBits;
    }

    /** Elements of one value: 8 or 16. */
    public int lanes() {
        return vectorBits / 32;
    }

    /** Whether {@link #apply} can compute a function on a dtype. For CAST use {@link #cast}, which is there for all. */
    public static boolean supports(Elementwise op, DType dtype) {
        throw todo();
    }

    /**
     * A scalar function, with the meaning that {@link Elementwise} gives it, its result rounded (f16, bf16) or wrapped (i8, u8) as an element of
     * the dtype.
     *
     * @param dtype of the operands (for WHERE: of the second and third), not CAST
     * @param a first operand, of kind {@code Lane.of(dtype)}; for WHERE the condition, BOOL
     * @return of the kind of the dtype; for comparisons BOOL
     */
    public V apply(Elementwise op, DType dtype, V a, @Nullable V b, @Nullable V c) {
        throw todo();
    }

    /** Elements of one dtype converted to another one, as {@link Elementwise#CAST} does it; all pairs. */
    public V cast(V a, DType from, DType to) {
        throw todo();
    }

    /** F32 rounded to f16 or bf16, or I32 wrapped to i8 or u8, still in F32 or I32; for other dtypes the value itself. */
    public V fit(V a, DType dtype) {
        throw todo();
    }

    /**
     * The uniforms of {@link dev.lamina.core.op.Philox} for f32 at positions first, first + 1, ... first + lanes() - 1, where the position is a
     * multiple of 4: about 3 instructions an element.
     *
     * @param seed I64, the same in all lanes
     */
    public V uniformRun(V seed, long stream, R first) {
        throw todo();
    }

    /** The uniforms (F32) of any positions (I64), about 4 times the cost. */
    public V uniform(V seed, long stream, V position) {
        throw todo();
    }
}
