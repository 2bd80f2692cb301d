package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Convolution of rounded or 16-bit tensors: in f32, on copies. */
final class WidenedConvolution implements Kernel {
    private static final int COPIES = 3;

    private final List<Task.Access> given;
    private final Kernel[] steps;

    /** The segments of a run: x, w, y, then their copies. */
    private final FreeList<MemorySegment[]> free;

    WidenedConvolution(Task.Convolution task, Pool pool) {
        given = List.of(task.x(), task.w(), task.y());
        Task.Access[] used = new Task.Access[COPIES];
        List<Kernel> before = new ArrayList<>();
        List<Kernel> after = new ArrayList<>();
        for (int i = 0; i < COPIES; i++) {
            Task.Access access = given.get(i).at(i);
            boolean written = i == written(task.part());
            if (written && access.dtype() == DType.F32) {
                used[i] = access;
            } else {
                used[i] = new Task.Access(COPIES + i, DType.F32, 0, access.dims(), access.strides());
                (written ? after : before)
                        .add(
                                written
                                        ? cast(used[i], access, pool, access.dtype())
                                        : cast(access, used[i], pool, task.rounded()));
            }
        }
        before.add(new ConvolutionKernel(
                new Task.Convolution(task.part(), task.geometry(), task.groups(), used[0], used[1], used[2], DType.F32),
                pool));
        before.addAll(after);
        steps = before.toArray(Kernel[]::new);
        free = new FreeList<>(() -> {
            MemorySegment[] segments = new MemorySegment[2 * COPIES];
            for (int i = 0; i < COPIES; i++) {
                segments[i] = MemorySegment.NULL;
                boolean copied = used[i].buffer() >= COPIES;
                long elements = copied ? used[i].range()[1] + 1 : 0;
                segments[COPIES + i] = Arena.ofAuto().allocate(Math.max(elements * Float.BYTES, 1), 64);
            }
            return segments;
        });
    }

    private static int written(Window.Part part) {
        return switch (part) {
            case INPUT -> 0;
            case KERNEL -> 1;
            case OUTPUT -> 2;
        };
    }

    private static Kernel cast(Task.Access from, Task.Access to, Pool pool, DType rounded) {
        List<Task.Value> values = List.of(
                new Task.Load(from),
                new Task.Apply(Elementwise.CAST, rounded, 0, -1, -1),
                new Task.Apply(Elementwise.CAST, to.dtype(), 1, -1, -1));
        return LoopCompiler.compile(new Task.Loop(from.dims(), 0, values, List.of(new Task.Store(2, to))), pool);
    }

    @Override
    public void run(MemorySegment[] buffers) {
        MemorySegment[] mine = free.take();
        try {
            for (int i = 0; i < COPIES; i++) {
                mine[i] = buffers[given.get(i).buffer()];
            }
            for (Kernel step : steps) {
                step.run(mine);
            }
        } finally {
            for (int i = 0; i < COPIES; i++) {
                mine[i] = MemorySegment.NULL;
            }
            free.give(mine);
        }
    }
}
