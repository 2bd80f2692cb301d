package dev.lamina.cpu.code;

/** How the JVM calls machine code. */
public enum Abi {
    /** Linux and macOS. */
    SYSTEM_V(new Gpr[] {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15}, 0),
    /** Windows; it also wants the low halves of xmm6 to xmm15 back. */
    WINDOWS(new Gpr[] {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15, Gpr.RDI, Gpr.RSI}, 10);

    private static final int MOST_SCRATCH = 32 << 10;
    private static final int FIRST_SAVED_VECTOR = 6;

    @SuppressWarnings("ImmutableEnumChecker") // never written, never given away
    private final Gpr[] saved;

    private final int savedVectors;

    Abi(Gpr[] saved, int savedVectors) {
        this.saved = saved;
        this.savedVectors = savedVectors;
    }

    /** The convention of this system. */
    public static Abi host() {
        return System.getProperty("os.name", "").startsWith("Windows") ? WINDOWS : SYSTEM_V;
    }

    /**
     * Begins a kernel. After it the four arguments are in RDI, RSI, RDX and RCX, and all registers but RSP are free.
     *
     * @param scratchBytes size of the memory at RSP that the kernel may use, aligned to 64 bytes; at most 32 KB
     */
    public void prologue(Assembler code, int scratchBytes) {
        // The JVM makes sure that native code finds some pages of stack, so this is touched without asking.
        if (scratchBytes < 0 || scratchBytes > MOST_SCRATCH) {
            throw new IllegalArgumentException(
                    "scratch: expected 0 to " + MOST_SCRATCH + " bytes, got " + scratchBytes);
        }
        for (Gpr register : saved) {
            code.emit(Op.PUSH, register);
        }
        int place = Math.ceilDiv(scratchBytes, 64) * 64;
        code.frame = scratchBytes == 0 && savedVectors == 0 ? -1 : place;
        if (code.frame >= 0) {
            // The old RSP stands behind the scratch memory, and the vectors behind it.
            code.emit(Op.MOV, Gpr.RAX, Gpr.RSP);
            code.emit(Op.SUB, Gpr.RSP, new Imm(place + 16 * (savedVectors + 1)));
            code.emit(Op.AND, Gpr.RSP, new Imm(-64));
            code.emit(Op.MOV, Mem.at(Gpr.RSP, place), Gpr.RAX);
        }
        for (int i = 0; i < savedVectors; i++) {
            code.emit(Op.VMOVUPS, vectorPlace(place, i), Vec.xmm(FIRST_SAVED_VECTOR + i));
        }
        if (this == WINDOWS) {
            code.emit(Op.MOV, Gpr.RDI, Gpr.RCX);
            code.emit(Op.MOV, Gpr.RSI, Gpr.RDX);
            code.emit(Op.MOV, Gpr.RDX, Gpr.R8);
            code.emit(Op.MOV, Gpr.RCX, Gpr.R9);
        }
    }

    private static Mem vectorPlace(int place, int i) {
        return Mem.at(Gpr.RSP, place + 16 * (i + 1));
    }

    /** Ends a kernel: gives back what the prologue took and returns. RSP must be what it was after the prologue. */
    public void epilogue(Assembler code) {
        code.emit(Op.VZEROUPPER);
        for (int i = 0; i < savedVectors; i++) {
            code.emit(Op.VMOVUPS, Vec.xmm(FIRST_SAVED_VECTOR + i), vectorPlace(code.frame, i));
        }
        if (code.frame >= 0) {
            code.emit(Op.MOV, Gpr.RSP, Mem.at(Gpr.RSP, code.frame));
        }
        for (int i = saved.length - 1; i >= 0; i--) {
            code.emit(Op.POP, saved[i]);
        }
        code.emit(Op.RET);
    }
}
