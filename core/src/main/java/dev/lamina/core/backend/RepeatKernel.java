package dev.lamina.core.backend;

import dev.lamina.core.profile.Meter;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Runs the kernels of one step again and again, on buffers that move. */
final class RepeatKernel implements Kernel {
    private final int steps;
    private final Kernel[] kernels;
    private final Task.Slot[] slots;
    private final @Nullable Meter meter;

    /**
     * @param kernels of one step
     * @param meter measures them, if there is one
     */
    RepeatKernel(Task.Repeat task, Kernel[] kernels, @Nullable Meter meter) {
        steps = task.steps();
        slots = task.slots().toArray(Task.Slot[]::new);
        this.kernels = kernels;
        this.meter = meter;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        MemorySegment[] own = new MemorySegment[slots.length];
        for (int step = 0; step < steps; step++) {
            for (int i = 0; i < own.length; i++) {
                Task.Slot slot = slots[i];
                if (step == 0 || slot.step() != 0) {
                    own[i] = buffers[slot.buffer()].asSlice(slot.offset() + step * slot.step(), slot.bytes());
                }
            }
            if (meter != null) {
                meter.run(kernels, own);
                continue;
            }
            for (Kernel kernel : kernels) {
                kernel.run(own);
            }
        }
    }
}
