package dev.lamina.cpu.code;

/**
 * What of the processor the generators may use.
 *
 * @param vectorBits 0 = no machine code; 256 = AVX2, FMA, F16C, BMI1 and BMI2; 512 = also AVX-512 F, BW, CD, DQ and VL
 * @param bf16 AVX512-BF16
 * @param amx AMX with tiles of bf16 and i8
 */
public record Isa(int vectorBits, boolean bf16, boolean amx) {
    /** No machine code. */
    public static final Isa NONE = new Isa(0, false, false);

    /** What this machine has, within {@code -Dlamina.vector} and {@code -Dlamina.amx}. */
    public static Isa machine() {
        return NONE;
    }

    /** For people: the path that kernels take. */
    public String describe() {
        if (vectorBits == 0) {
            return "plain Java loops";
        }
        return "machine code, " + (vectorBits == 256 ? "AVX2" : "AVX-512") + (bf16 ? ", BF16" : "")
                + (amx ? ", AMX" : "");
    }
}
