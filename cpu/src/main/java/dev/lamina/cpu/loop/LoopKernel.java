package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Kernel;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** Runs the machine code of a loop: puts addresses into frames, and deals parts of the work to the threads. */
final class LoopKernel implements Kernel {
    private static final int LINE = 64;

    private final Entry entry;
    private final @Nullable Entry streaming;
    private final int[] stores;
    private final Pool pool;
    private final Parts parts;
    private final long extent;
    private final int[] buffers;
    private final long[] starts;
    private final long[][] steps;
    private final long[] jumps;
    private final int[] outer;
    private final FreeList<Frame> frames;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    /**
     * @param streaming code that writes past the caches, if that is worth while where no store overwrites what is loaded
     * @param jumps bytes by which each slot goes on from piece to piece, besides its steps along the axis that is cut
     */
    LoopKernel(Plan plan, Parts parts, Entry entry, @Nullable Entry streaming, Pool pool, long[] jumps) {
        this.jumps = jumps;
        this.streaming = streaming;
        stores = plan.loop().stores().stream()
                .mapToInt(store -> plan.addresses().of(store.access()))
                .distinct()
                .toArray();
        this.entry = entry;
        this.pool = pool;
        this.parts = parts;
        Addresses addresses = plan.addresses();
        int slots = addresses.count();
        extent = parts.axis() < 0 ? 1 : plan.space().extent(parts.axis());
        buffers = new int[slots];
        starts = new long[slots];
        steps = new long[plan.first() + 1][slots];
        outer = new int[plan.first()];
        for (int slot = 0; slot < slots; slot++) {
            buffers[slot] = addresses.buffer(slot);
            starts[slot] = addresses.start(slot);
            for (int axis = 0; axis < plan.first(); axis++) {
                steps[axis][slot] = addresses.step(slot, axis);
            }
            steps[plan.first()][slot] = parts.axis() < 0 ? 0 : addresses.step(slot, parts.axis());
        }
        for (int axis = 0; axis < plan.first(); axis++) {
            outer[axis] = plan.space().extent(axis);
        }
        long scratch = plan.scratchBytes();
        frames = new FreeList<>(() -> new Frame(slots, scratch));
    }

    @Override
    public void run(MemorySegment[] memory) {
        Run run = runs.take();
        try {
            run.bind(memory);
            if (parts.count() == 1) {
                run.run(0);
            } else {
                pool.run(parts.count(), run);
            }
        } finally {
            runs.give(run);
            Reference.reachabilityFence(memory);
        }
    }

    /** For one run after the other. */
    Run fresh() {
        return new Run();
    }

    /** One run: the addresses at the start of all work. */
    final class Run implements Pool.Task {
        private final long[] bases = new long[starts.length];
        private Entry code = entry;

        void bind(MemorySegment[] memory) {
            for (int slot = 0; slot < bases.length; slot++) {
                int buffer = buffers[slot];
                bases[slot] = starts[slot] + (buffer == Addresses.NUMBER ? 0 : memory[buffer].address());
            }
            code = streaming != null && mayStream() ? streaming : entry;
        }

        /** True if all stores go to starts of cache lines, and to other places than the loads. */
        private boolean mayStream() {
            for (int store : stores) {
                if (bases[store] % LINE != 0) {
                    return false;
                }
                for (int slot = 0; slot < bases.length; slot++) {
                    if (slot != store && bases[slot] == bases[store]) {
                        return false;
                    }
                }
            }
            return true;
        }

        @Override
        public void run(int part) {
            Frame frame = frames.take();
            int piece = part % parts.pieces();
            long from = piece * parts.piece();
            place(frame, piece, part / parts.pieces());
            code.call(frame.address(), Math.min(parts.piece(), extent - from), frame.scratch(), 0);
            frames.give(frame);
        }

        private void place(Frame frame, int piece, int outerIndex) {
            long from = piece * parts.piece();
            for (int slot = 0; slot < bases.length; slot++) {
                long number = bases[slot] + from * steps[outer.length][slot] + piece * jumps[slot];
                int rest = outerIndex;
                for (int axis = outer.length - 1; axis >= 0; axis--) {
                    number += rest % outer[axis] * steps[axis][slot];
                    rest /= outer[axis];
                }
                frame.set(slot, number);
            }
        }
    }
}
