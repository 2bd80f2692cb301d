package dev.lamina.cpu.code;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

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

    private static final int EAX = 0;
    private static final int EBX = 1;
    private static final int ECX = 2;
    private static final int EDX = 3;
    private static final int ARCH_PRCTL = 158;
    private static final int REQUEST_PERMISSION = 0x1023;
    private static final int TILE_DATA = 18;

    private static @Nullable Isa machine;
    private static @Nullable Isa detected;
    private static String refusal = "";

    /**
     * What this machine has, within {@code -Dlamina.vector} and {@code -Dlamina.amx}.
     *
     * @throws IllegalArgumentException if an option is not understood, or asks for what the machine does not have
     */
    public static synchronized Isa machine() {
        Isa known = machine;
        if (known == null) {
            machine = known = choose(
                    System.getProperty("lamina.vector", "").strip().toLowerCase(Locale.ROOT),
                    System.getProperty("lamina.amx", "").strip().toLowerCase(Locale.ROOT));
        }
        return known;
    }

    /** Why {@link #machine} is {@link #NONE}, as part of a sentence; empty if it is not. */
    public static synchronized String refusal() {
        return machine().vectorBits == 0 ? refusal : "";
    }

    static Isa choose(String vector, String amx) {
        if (!vector.isEmpty() && !vector.equals("none") && !vector.equals("256") && !vector.equals("512")) {
            throw new IllegalArgumentException("-Dlamina.vector: expected none, 256 or 512, got '" + vector
                    + "'; leave it out to use what the processor has");
        }
        if (!amx.isEmpty() && !amx.equals("true") && !amx.equals("false")) {
            throw new IllegalArgumentException("-Dlamina.amx: expected true or false, got '" + amx
                    + "'; leave it out to use what the processor has");
        }
        if (vector.equals("none")) {
            refusal = "-Dlamina.vector=none";
            return NONE;
        }
        Isa found = detect();
        int wanted = vector.isEmpty() ? found.vectorBits : Integer.parseInt(vector);
        if (wanted > found.vectorBits) {
            throw new IllegalArgumentException(
                    "-Dlamina.vector: expected at most " + found.vectorBits + ", which this machine has, got " + wanted
                            + (found.vectorBits == 0 ? " (" + refusal + ")" : "") + "; leave it out");
        }
        boolean wide = wanted == 512;
        boolean tiles = wide && !amx.equals("false") && found.amx && requestTiles();
        if (amx.equals("true") && !tiles) {
            throw new IllegalArgumentException(
                    "-Dlamina.amx: expected false, as this machine has no AMX or gives no permission or -Dlamina.vector"
                            + " is 256, got true; leave it out");
        }
        return new Isa(wanted, wide && found.bf16, tiles);
    }

    /** What processor and system have, whatever the options say; AMX without its permission. */
    static synchronized Isa detect() {
        Isa known = detected;
        if (known == null) {
            detected = known = detectOnce();
        }
        return known;
    }

    private static Isa detectOnce() {
        String architecture = System.getProperty("os.arch", "");
        if (!architecture.equals("amd64") && !architecture.equals("x86_64")) {
            refusal = "the architecture is " + architecture;
            return NONE;
        }
        try {
            return detect(Cpuid.get());
        } catch (CodeException e) {
            refusal = e.getMessage();
            return NONE;
        }
    }

    private static Isa detect(Cpuid cpu) {
        int leaves = cpu.leaf(0, 0)[EAX];
        // FMA, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT.
        boolean hasAvx2 = leaves >= 7
                && cpu.has(1, 0, ECX, 12, 27, 28, 29)
                && cpu.has(7, 0, EBX, 3, 5, 8)
                && cpu.has(0x80000001, 0, ECX, 5);
        int saved = hasAvx2 ? cpu.savedRegisters() : 0;
        if ((saved & 6) != 6) {
            refusal = hasAvx2 ? "the system does not save the registers of AVX" : "the processor has no AVX2";
            return NONE;
        }
        // F, DQ, CD, BW, VL; masks and the high registers are saved.
        boolean hasAvx512 = (saved & 0xE0) == 0xE0 && cpu.has(7, 0, EBX, 16, 17, 28, 30, 31);
        boolean bf16 = hasAvx512 && cpu.leaf(7, 0)[EAX] >= 1 && cpu.has(7, 1, EAX, 5);
        boolean amx = hasAvx512 && (saved >> 17 & 3) == 3 && cpu.has(7, 0, EDX, 22, 24, 25);
        return new Isa(hasAvx512 ? 512 : 256, bf16, amx);
    }

    /** Linux gives the tiles to processes that ask for them. */
    private static boolean requestTiles() {
        return System.getProperty("os.name", "").equals("Linux")
                && Native.system("syscall", ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA, 0, 0, 0) == 0;
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
