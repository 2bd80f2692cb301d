package dev.lamina.core.backend;

import dev.lamina.core.memory.Memory;
import dev.lamina.core.profile.Meter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the kernels of one step again and again, on buffers that move. Each runner has one of its own, which remembers where the steps
 * find the runner's own memory; so a run of many steps makes no objects. What all steps read in one place is packed once for all of them.
 */
final class RepeatKernel implements Kernel {
    private final Task.Repeat task;
    private final List<Body> bodies;
    private final KernelBackend backend;
    private final List<Packed> packing;

    /** The buffers of each step of each lane. */
    private final MemorySegment[][][] steps;

    /** For each slot of each lane the buffer that the steps' own were made from, or null. */
    private final @Nullable MemorySegment[][] made;

    private final Runnable lanes;

    /**
     * What lanes with the same tasks share.
     *
     * @param kernels of one step
     * @param meter measures them, if there is one
     */
    record Body(Kernel[] kernels, @Nullable Meter meter) {}

    /** A kernel with what it has packed for all steps, from where the first of its lanes finds it. */
    private record Packed(PackingKernel kernel, int lane, MemorySegment memory) implements Kernel {
        @Override
        public void run(MemorySegment[] buffers) {
            kernel.run(buffers, memory);
        }
    }

    RepeatKernel(Task.Repeat task, List<Body> bodies, KernelBackend backend) {
        this(task, bodies, backend, List.of());
    }

    private RepeatKernel(Task.Repeat task, List<Body> bodies, KernelBackend backend, List<Packed> packing) {
        this.task = task;
        this.bodies = bodies;
        this.backend = backend;
        this.packing = packing;
        int slots = task.lanes().getFirst().slots().size();
        int lanes = task.lanes().size();
        made = new MemorySegment[lanes][slots];
        steps = new MemorySegment[lanes][task.steps()][slots];
        this.lanes = backend.together(lanes, this::runLane);
    }

    /** The same for another runner. */
    RepeatKernel fresh() {
        List<Packed> packed = new ArrayList<>();
        List<Body> own = new ArrayList<>();
        for (int i = 0; i < bodies.size(); i++) {
            own.add(fresh(i, packed));
        }
        return new RepeatKernel(task, own, backend, packed);
    }

    private Body fresh(int body, List<Packed> packed) {
        Kernel[] own = bodies.get(body).kernels().clone();
        for (int i = 0; i < own.length; i++) {
            if (own[i] instanceof RepeatKernel inner) {
                own[i] = inner.fresh();
            } else if (own[i] instanceof PackingKernel kernel && kernel.packedBytes() > 0) {
                int lane = packing(body, kernel.packs());
                if (lane >= 0) {
                    MemorySegment memory = Memory.shared()
                            .allocate(kernel.packedBytes(), "matrices of a recurrence")
                            .segment();
                    Packed once = new Packed(kernel, lane, memory);
                    packed.add(once);
                    own[i] = once;
                }
            }
        }
        return new Body(own, bodies.get(body).meter());
    }

    /** The first lane with this body if all of them find the same in a buffer, at all steps; else -1. */
    private int packing(int body, int buffer) {
        int first = -1;
        for (int i = 0; i < task.lanes().size(); i++) {
            Task.Lane lane = task.lanes().get(i);
            if (lane.body() == body) {
                first = first < 0 ? i : first;
                Task.Slot slot = lane.slots().get(buffer);
                boolean moves = slot.step() != 0
                        || !slot.equals(task.lanes().get(first).slots().get(buffer));
                if (moves || task.writes().anyMatch(access -> access.buffer() == slot.buffer())) {
                    return -1;
                }
            }
        }
        return task.steps() > 1 ? first : -1;
    }

    @Override
    public void run(MemorySegment[] buffers) {
        for (int i = 0; i < made.length; i++) {
            for (int j = 0; j < made[i].length; j++) {
                Task.Slot slot = task.lanes().get(i).slots().get(j);
                MemorySegment buffer = buffers[slot.buffer()];
                if (!buffer.equals(made[i][j])) {
                    made[i][j] = buffer;
                    place(steps[i], j, slot, buffer);
                }
            }
        }
        for (Packed packed : packing) {
            packed.kernel().pack(steps[packed.lane()][0], packed.memory());
        }
        if (steps.length == 1) {
            runLane(0);
        } else {
            lanes.run();
        }
    }

    private void runLane(int lane) {
        Body body = bodies.get(task.lanes().get(lane).body());
        for (MemorySegment[] step : steps[lane]) {
            if (body.meter() != null) {
                body.meter().run(body.kernels(), step);
                continue;
            }
            for (Kernel kernel : body.kernels()) {
                kernel.run(step);
            }
        }
    }

    private static void place(MemorySegment[][] steps, int index, Task.Slot slot, MemorySegment buffer) {
        for (int step = 0; step < steps.length; step++) {
            steps[step][index] = step > 0 && slot.step() == 0
                    ? steps[0][index]
                    : buffer.asSlice(slot.offset() + step * slot.step(), slot.bytes());
        }
    }
}
