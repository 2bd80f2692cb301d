package dev.lamina.core.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The action that runs when all segments of one lease of a block are unreachable. It must not wait, since it runs on a
 * thread of the JVM: it only puts itself on a stack, and the pool takes the block back later.
 */
final class Lease implements Consumer<MemorySegment> {

    final Block block;

    /** The lease below this one on the stack. */
    @Nullable
    Lease next;

    private final AtomicReference<@Nullable Lease> ended;
    private final AtomicBoolean done = new AtomicBoolean();

    Lease(Block block, AtomicReference<@Nullable Lease> ended) {
        this.block = block;
        this.ended = ended;
    }

    @Override
    public void accept(MemorySegment unused) {
        end();
    }

    /** Ends the lease. A second call does nothing. */
    void end() {
        if (done.compareAndSet(false, true)) {
            do {
                next = ended.get();
            } while (!ended.compareAndSet(next, this));
        }
    }
}
