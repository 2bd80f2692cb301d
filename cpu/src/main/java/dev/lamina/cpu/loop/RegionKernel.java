package dev.lamina.cpu.loop;

import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.pool.FreeList;
import java.lang.foreign.MemorySegment;

/** The machine code of a {@link Region}. */
final class RegionKernel implements Region {
    private final Addresses addresses;
    private final Entry entry;
    private final FreeList<Frame> frames;

    RegionKernel(Plan plan, Entry entry) {
        addresses = plan.addresses();
        this.entry = entry;
        frames = new FreeList<>(() -> new Frame(addresses.count(), 0));
    }

    @Override
    public Frame bind(MemorySegment[] buffers) {
        Frame frame = frames.take();
        for (int slot = 0; slot < addresses.count(); slot++) {
            int buffer = addresses.buffer(slot);
            frame.set(slot, addresses.start(slot) + (buffer == Addresses.NUMBER ? 0 : buffers[buffer].address()));
        }
        return frame;
    }

    @Override
    public void run(Frame frame, int batch, int row, int rows, int column, int columns) {
        entry.call(frame.address(), (long) rows << 32 | row, (long) columns << 32 | column, batch);
    }

    @Override
    public void release(Frame frame) {
        frames.give(frame);
    }
}
