package dev.lamina.core.backend;

import dev.lamina.core.profile.Meter;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Runs the kernels of one step again and again, on buffers that move. Each runner has one of its own, which remembers where the steps
 * find the runner's own memory; so a run of many steps makes no objects.
 */
final class RepeatKernel implements Kernel {
    private final Task.Repeat task;
    private final Kernel[] kernels;
    private final @Nullable Meter meter;

    /** The buffers of each step. */
    private final MemorySegment[][] steps;

    /** For each slot the buffer that the steps' own were made from, or null. */
    private final @Nullable MemorySegment[] made;

    /**
     * @param kernels of one step
     * @param meter measures them, if there is one
     */
    RepeatKernel(Task.Repeat task, Kernel[] kernels, @Nullable Meter meter) {
        this.task = task;
        this.kernels = kernels;
        this.meter = meter;
        made = new MemorySegment[task.slots().size()];
        steps = new MemorySegment[task.steps()][made.length];
    }

    /** The same for another runner. */
    RepeatKernel fresh() {
        Kernel[] own = kernels.clone();
        for (int i = 0; i < own.length; i++) {
            own[i] = own[i] instanceof RepeatKernel inner ? inner.fresh() : own[i];
        }
        return new RepeatKernel(task, own, meter);
    }

    @Override
    public void run(MemorySegment[] buffers) {
        for (int i = 0; i < made.length; i++) {
            Task.Slot slot = task.slots().get(i);
            MemorySegment buffer = buffers[slot.buffer()];
            if (!buffer.equals(made[i])) {
                made[i] = buffer;
                place(i, slot, buffer);
            }
        }
        for (MemorySegment[] step : steps) {
            if (meter != null) {
                meter.run(kernels, step);
                continue;
            }
            for (Kernel kernel : kernels) {
                kernel.run(step);
            }
        }
    }

    private void place(int index, Task.Slot slot, MemorySegment buffer) {
        for (int step = 0; step < steps.length; step++) {
            steps[step][index] = step > 0 && slot.step() == 0
                    ? steps[0][index]
                    : buffer.asSlice(slot.offset() + step * slot.step(), slot.bytes());
        }
    }

    /** Keeps only the buffers from one number to before another: the others are the caller's. */
    void keep(int first, int last) {
        for (int i = 0; i < made.length; i++) {
            int buffer = task.slots().get(i).buffer();
            if (buffer < first || buffer >= last) {
                made[i] = null;
                for (MemorySegment[] step : steps) {
                    step[i] = MemorySegment.NULL;
                }
            }
        }
    }
}
