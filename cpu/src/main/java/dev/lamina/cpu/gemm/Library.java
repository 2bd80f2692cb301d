package dev.lamina.cpu.gemm;

import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.Entry;
import java.io.Serial;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The code for products: made when first needed and kept for the life of the process, as sizes and strides are arguments. */
public final class Library {
    private static final Map<Object, Entry> ENTRIES = new ConcurrentHashMap<>();

    private Library() {}

    /**
     * The code of a key.
     *
     * @throws Refused if the system gives no executable memory
     */
    public static Entry entry(String name, Object key, Supplier<Assembler> writer) {
        Entry known = ENTRIES.get(key);
        if (known != null) {
            return known;
        }
        CodeBatch batch = new CodeBatch();
        Entry entry = batch.add(name, writer.get());
        try {
            batch.publish();
        } catch (CodeException e) {
            throw new Refused(e);
        }
        Entry earlier = ENTRIES.putIfAbsent(key, entry);
        return earlier == null ? entry : earlier;
    }

    /** No executable memory. Not checked, as steps are made where nobody can handle it. */
    public static final class Refused extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1;

        private final CodeException refusal;

        Refused(CodeException refusal) {
            super(refusal);
            this.refusal = refusal;
        }

        /** Why. */
        public CodeException refusal() {
            return refusal;
        }
    }
}
