package dev.lamina.cpu;

import dev.lamina.cpu.code.Isa;

/** What the kernels of a {@link CpuBackend} may be made of. */
public enum Instructions {
    /** Loops in Java, on every machine. */
    PLAIN_JAVA,
    /** Machine code with vectors of 256 bits: AVX2 and FMA. */
    AVX2,
    /** Machine code with vectors of 512 bits, and AVX512-BF16 where the machine has it. */
    AVX512,
    /** As AVX512, with AMX tiles for products of bf16. */
    AMX;

    /** Whether this machine has them, within {@code -Dlamina.vector} and {@code -Dlamina.amx}. */
    public boolean isAvailable() {
        Isa machine = Isa.machine();
        return switch (this) {
            case PLAIN_JAVA -> true;
            case AVX2 -> machine.vectorBits() >= 256;
            case AVX512 -> machine.vectorBits() >= 512;
            case AMX -> machine.vectorBits() >= 512 && machine.amx();
        };
    }

    /** What generators may use. */
    Isa isa() {
        Isa machine = Isa.machine();
        return switch (this) {
            case PLAIN_JAVA -> Isa.NONE;
            case AVX2 -> new Isa(256, false, false);
            case AVX512 -> new Isa(512, machine.bf16(), false);
            case AMX -> new Isa(512, machine.bf16(), true);
        };
    }
}
