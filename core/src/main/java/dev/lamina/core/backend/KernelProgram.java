package dev.lamina.core.backend;

import dev.lamina.core.compiler.Lowered;
import dev.lamina.core.memory.Buffer;
import dev.lamina.core.memory.ByteSize;
import dev.lamina.core.memory.Memory;
import dev.lamina.core.profile.Meter;
import dev.lamina.core.profile.Profiler;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A lowered graph with a kernel for each task. */
final class KernelProgram implements Program {
    private final Lowered lowered;
    private final Kernel[] kernels;
    private final @Nullable Meter meter;

    private KernelProgram(Lowered lowered, Kernel[] kernels) {
        this.lowered = lowered;
        this.kernels = kernels;
        this.meter = Profiler.meter(lowered.tasks()).orElse(null);
    }

    static Program of(Lowered lowered, KernelBackend backend) {
        for (Task task : lowered.tasks()) {
            Stream.concat(task.reads(), task.writes()).forEach(access -> requireInside(access, lowered.bytes(), task));
        }
        List<Task> single = new ArrayList<>();
        flatten(lowered.tasks(), single);
        return new KernelProgram(
                lowered, assembled(lowered.tasks(), backend.prepare(single).iterator()));
    }

    /** All tasks that a backend has kernels for, so that it prepares them together. */
    private static void flatten(List<Task> tasks, List<Task> single) {
        for (Task task : tasks) {
            if (task instanceof Task.Repeat repeat) {
                flatten(repeat.body(), single);
            } else {
                single.add(task);
            }
        }
    }

    private static Kernel[] assembled(List<Task> tasks, Iterator<Kernel> kernels) {
        Kernel[] result = new Kernel[tasks.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = tasks.get(i) instanceof Task.Repeat repeat
                    ? new RepeatKernel(
                            repeat,
                            assembled(repeat.body(), kernels),
                            Profiler.meter(repeat.body()).orElse(null))
                    : kernels.next();
        }
        return result;
    }

    /** The proof that no kernel leaves its buffers: it holds for all runs, since sizes and strides are fixed. */
    private static void requireInside(Task.Access access, long[] bytes, Task task) {
        long[] range = access.range();
        long size = bytes[access.buffer()] / access.dtype().bytes();
        if (range[1] >= range[0] && (range[0] < 0 || range[1] >= size)) {
            throw new IllegalStateException("access " + access + " touches elements " + range[0] + " to " + range[1]
                    + " of a buffer of " + size + " in " + task);
        }
    }

    @Override
    public long peakBytes() {
        return lowered.memory().total();
    }

    @Override
    public String describe() {
        StringBuilder text = new StringBuilder();
        List<Task> tasks = lowered.tasks();
        for (int i = 0; i < tasks.size(); i++) {
            text.append(i).append(": ").append(tasks.get(i)).append('\n');
        }
        text.append(tasks.size())
                .append(" tasks, ")
                .append(ByteSize.text(peakBytes()))
                .append(" of intermediate values\n");
        return text.toString();
    }

    @Override
    public Runner runner() {
        int fixed = lowered.inputs() + lowered.outputs();
        MemorySegment[] buffers = new MemorySegment[lowered.bytes().length];
        Buffer arena = Memory.shared().allocate(lowered.memory().total(), "intermediate values of a plan");
        for (int i = fixed; i < buffers.length; i++) {
            buffers[i] = arena.segment().asSlice(lowered.memory().offset(i - fixed), lowered.bytes()[i]);
        }
        return (inputs, outputs) -> run(buffers, inputs, outputs);
    }

    private void run(MemorySegment[] buffers, MemorySegment[] inputs, MemorySegment[] outputs) {
        bind(buffers, 0, inputs, lowered.inputs());
        bind(buffers, lowered.inputs(), outputs, lowered.outputs());
        try {
            if (meter != null) {
                meter.run(kernels, buffers);
                return;
            }
            for (Kernel kernel : kernels) {
                kernel.run(buffers);
            }
        } finally {
            // An idle runner must not keep the caller's tensors alive.
            Arrays.fill(buffers, 0, lowered.inputs() + lowered.outputs(), MemorySegment.NULL);
        }
    }

    private void bind(MemorySegment[] buffers, int first, MemorySegment[] given, int count) {
        for (int i = 0; i < count; i++) {
            long expected = lowered.bytes()[first + i];
            if (given[i].byteSize() != expected) {
                throw new IllegalStateException(
                        "buffer " + (first + i) + ": expected " + expected + " bytes, got " + given[i].byteSize());
            }
            buffers[first + i] = given[i];
        }
    }
}
