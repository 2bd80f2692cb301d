package dev.lamina.cpu.code;

import java.util.ArrayList;
import java.util.List;

/** Kernels that share one piece of executable memory: those of a plan, or those that are made once per process. Several threads may add some. */
public final class CodeBatch {
    private record Part(String name, Entry entry, byte[] code, String listing) {}

    private final List<Part> parts = new ArrayList<>();
    private boolean isPublished;

    /** An empty batch. */
    public CodeBatch() {}

    /**
     * Takes the finished code of a kernel.
     *
     * @param name for dumps and messages
     * @param code not changed afterwards
     * @return the entry, which can be called after {@link #publish}
     */
    public Entry add(String name, Assembler code) {
        byte[] bytes = code.bytes();
        String listing = Dump.isWanted() ? code.listing() : "";
        return add(new Part(name, new Entry(name), bytes, listing));
    }

    private synchronized Entry add(Part part) {
        if (isPublished) {
            throw new IllegalStateException("kernel " + part.name() + ": the batch is published already");
        }
        parts.add(part);
        return part.entry();
    }

    /**
     * Writes the code to memory and makes it executable; then the entries can be called.
     *
     * @throws CodeException if the system refuses; the entries then stay unusable
     */
    public synchronized void publish() throws CodeException {
        if (isPublished) {
            throw new IllegalStateException("the batch is published already");
        }
        isPublished = true;
        if (parts.isEmpty()) {
            return;
        }
        int size = 0;
        for (Part part : parts) {
            size = align(size) + part.code().length;
        }
        byte[] all = new byte[size];
        int offset = 0;
        for (Part part : parts) {
            System.arraycopy(part.code(), 0, all, offset, part.code().length);
            offset = align(offset + part.code().length);
        }
        CodeMemory memory = CodeMemory.of(all);
        offset = 0;
        for (Part part : parts) {
            part.entry().publish(memory, offset);
            if (Dump.isWanted()) {
                Dump.write(part.name(), memory.address() + offset, part.code(), part.listing());
            }
            offset = align(offset + part.code().length);
        }
        parts.clear();
    }

    private static int align(int size) {
        return Math.ceilDiv(size, Constants.ALIGNMENT) * Constants.ALIGNMENT;
    }
}
