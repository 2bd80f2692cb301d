package dev.lamina.cpu.code;

/** Kernels that share one piece of executable memory: those of a plan, or those that are made once per process. */
public final class CodeBatch {
    /**
     * Takes the code of a kernel.
     *
     * @param name for dumps
     */
    public Entry add(String name, Assembler code) {
        throw new UnsupportedOperationException();
    }

    /**
     * Writes the code to memory and makes it executable; then the entries can be called.
     *
     * @throws CodeException if the system refuses; the entries then stay unusable
     */
    public void publish() throws CodeException {}
}
