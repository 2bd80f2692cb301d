package dev.lamina.cpu.code;

import dev.lamina.core.memory.ByteSize;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Executable memory: written first, executable then, never both at once. It goes back to the system when this object is unreachable. */
final class CodeMemory {
    /** More than this, and twice what a collection left, calls for a collection: code is held by small objects. */
    private static final long STEP = 16L << 20;

    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong LIVE = new AtomicLong();
    private static volatile long threshold = STEP;

    /** For tests: true lets the system refuse. */
    static volatile boolean refuses;

    private final long address;

    private CodeMemory(long address) {
        this.address = address;
    }

    /** Bytes of executable memory in use, whole pages. */
    static long live() {
        return LIVE.get();
    }

    /** A copy of the code, ready to run. */
    static CodeMemory of(byte[] code) throws CodeException {
        long bytes = Pages.round(Math.max(code.length, 1));
        if (LIVE.get() + bytes > threshold) {
            collect();
        }
        long address = publish(code, bytes);
        if (address == 0) {
            // Perhaps too many mappings are held by objects that are unreachable already.
            collect();
            address = publish(code, bytes);
        }
        if (address == 0) {
            throw new CodeException("the system gives no executable memory (" + ByteSize.text(bytes) + " asked for, "
                    + ByteSize.text(LIVE.get()) + " in use)");
        }
        CodeMemory memory = new CodeMemory(address);
        LIVE.addAndGet(bytes);
        CLEANER.register(memory, new Release(address, bytes));
        return memory;
    }

    private static long publish(byte[] code, long bytes) {
        long address = Pages.map(bytes);
        if (address == 0) {
            return 0;
        }
        MemorySegment.copy(code, 0, Native.memory(address, bytes), ValueLayout.JAVA_BYTE, 0, code.length);
        if (refuses || !Pages.makeExecutable(address, bytes)) {
            Pages.unmap(address, bytes);
            return 0;
        }
        return address;
    }

    /** Gives the memory back. Not a lambda: the first one would cost milliseconds of a cold start. */
    private record Release(long address, long bytes) implements Runnable {
        @Override
        public void run() {
            Pages.unmap(address, bytes);
            LIVE.addAndGet(-bytes);
        }
    }

    private static synchronized void collect() {
        long before = LIVE.get();
        System.gc();
        // The cleaner works a little later than the collection.
        for (int i = 0; i < 20 && LIVE.get() > before / 2; i++) {
            LockSupport.parkNanos(1_000_000);
        }
        threshold = Math.max(STEP, 2 * LIVE.get());
    }

    long address() {
        return address;
    }
}
