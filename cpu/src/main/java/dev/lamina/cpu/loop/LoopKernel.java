package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Kernel;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** Runs the machine code of a loop: puts addresses into frames, and deals parts of the work to the threads. */
final class LoopKernel implements Kernel {
    private final Entry entry;
    private final Pool pool;
    private final Parts parts;
    private final long extent;
    private final int[] buffers;
    private final long[] starts;
    private final long[][] steps;
    private final int[] outer;
    private final FreeList<Frame> frames;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    LoopKernel(Plan plan, Parts parts, Entry entry, Pool pool) {
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

    /** One run: the addresses at the start of all work. */
    private final class Run implements Pool.Task {
        private final long[] bases = new long[starts.length];

        private void bind(MemorySegment[] memory) {
            for (int slot = 0; slot < bases.length; slot++) {
                int buffer = buffers[slot];
                bases[slot] = starts[slot] + (buffer == Addresses.NUMBER ? 0 : memory[buffer].address());
            }
        }

        @Override
        public void run(int part) {
            Frame frame = frames.take();
            long from = part % parts.pieces() * parts.piece();
            place(frame, from, part / parts.pieces());
            entry.call(frame.address(), Math.min(parts.piece(), extent - from), frame.scratch(), 0);
            frames.give(frame);
        }

        private void place(Frame frame, long from, int outerIndex) {
            for (int slot = 0; slot < bases.length; slot++) {
                long number = bases[slot] + from * steps[outer.length][slot];
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
