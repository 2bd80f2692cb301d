package dev.lamina.core;

import java.util.function.Supplier;

/**
 * How f32 matrix products are computed. What is built inside {@link #run} or {@link #call} follows the policy; so do the gradients
 * of these products, wherever they are built. Everything else, and every variable, stays f32.
 *
 * {@snippet :
 * Tensor loss = Precision.bf16().call(() -> lossFunction.of(model.apply(x), y));
 * }
 */
public final class Precision {
    private static final Precision F32 = new Precision("f32", DType.F32);
    private static final Precision BF16 = new Precision("bf16", DType.BF16);
    private static final ScopedValue<Precision> CURRENT = ScopedValue.newInstance();

    private final String name;
    private final DType factors;

    private Precision(String name, DType factors) {
        this.name = name;
        this.factors = factors;
    }

    /** Factors as they are: the policy where nothing else is said. */
    public static Precision f32() {
        return F32;
    }

    /**
     * Factors are rounded to bf16 (to nearest, ties to even: 8 binary digits), multiplied, and added up in f32: several times as fast
     * where the processor has such instructions, and in training as good for most networks.
     */
    public static Precision bf16() {
        return BF16;
    }

    /** The policy of a name, {@code f32} or {@code bf16}. */
    public static Precision named(String name) {
        for (Precision precision : new Precision[] {F32, BF16}) {
            if (precision.name.equals(name)) {
                return precision;
            }
        }
        throw new LaminaException("precision: expected f32 or bf16, got '" + name + "'");
    }

    /** The policy that products built now follow. */
    public static Precision current() {
        return CURRENT.orElse(F32);
    }

    /** Builds tensors under this policy. */
    public void run(Runnable body) {
        ScopedValue.where(CURRENT, this).run(body);
    }

    /** Builds a result under this policy. */
    public <R> R call(Supplier<R> body) {
        return ScopedValue.where(CURRENT, this).call(body::get);
    }

    /** What the factors of a product are rounded to. */
    DType factors(DType dtype) {
        return dtype == DType.F32 ? factors : dtype;
    }

    /** The name in {@link #named}. */
    @Override
    public String toString() {
        return name;
    }
}
