package dev.lamina.cpu.code;

/** How the JVM calls machine code. */
public enum Abi {
    /** Linux and macOS. */
    SYSTEM_V,
    /** Windows. */
    WINDOWS;

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
        throw new UnsupportedOperationException();
    }

    /** Ends a kernel: gives back what the prologue took and returns. RSP must be what it was after the prologue. */
    public void epilogue(Assembler code) {
        throw new UnsupportedOperationException();
    }
}
