package dev.lamina.core.backend;

import dev.lamina.core.compiler.Graph;
import dev.lamina.core.compiler.Lowered;
import dev.lamina.core.compiler.Lowering;
import dev.lamina.core.compiler.Prologue;
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
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A lowered graph with a kernel for each task. What it keeps between runs are first the results of the program that runs once, which are its
 * last inputs, then what kernels have packed, which stands behind all buffers.
 */
final class KernelProgram implements Program {
    private final @Nullable KernelProgram once;
    private final Lowered lowered;
    private final Kernel[] kernels;
    private final List<PackingKernel> packing;
    private final @Nullable Meter meter;

    private KernelProgram(@Nullable KernelProgram once, Lowered lowered, Kernel[] kernels, IntPredicate stays) {
        this.once = once;
        this.lowered = lowered;
        this.kernels = kernels;
        packing = packing(kernels, stays, lowered.bytes().length);
        this.meter = Profiler.meter(lowered.tasks()).orElse(null);
    }

    /** A program in two parts. */
    static KernelProgram of(Prologue parts, KernelBackend backend) {
        KernelProgram once = parts.once().outputs().isEmpty() ? null : of(null, parts.once(), backend);
        return of(once, parts.rest(), backend);
    }

    private static KernelProgram of(@Nullable KernelProgram once, Graph graph, KernelBackend backend) {
        Lowered lowered = Bands.joined(Lowering.lower(graph));
        for (Task task : lowered.tasks()) {
            Stream.concat(task.reads(), task.writes()).forEach(access -> requireInside(access, lowered.bytes(), task));
        }
        List<Task> single = new ArrayList<>();
        flatten(lowered.tasks(), single);
        Kernel[] kernels = assembled(lowered.tasks(), backend.prepare(single).iterator(), backend);
        return new KernelProgram(once, lowered, kernels, graph::stays);
    }

    /** The kernels that pack buffers which stay; each is replaced by one that gets the packed form as a further buffer. */
    private static List<PackingKernel> packing(Kernel[] kernels, IntPredicate stays, int buffers) {
        List<PackingKernel> result = new ArrayList<>();
        for (int i = 0; i < kernels.length; i++) {
            if (kernels[i] instanceof PackingKernel kernel && kernel.packedBytes() > 0 && stays.test(kernel.packs())) {
                int packed = buffers + result.size();
                result.add(kernel);
                kernels[i] = all -> kernel.run(all, all[packed]);
            }
        }
        return List.copyOf(result);
    }

    /** All tasks that a backend has kernels for, so that it prepares them together. */
    private static void flatten(List<Task> tasks, List<Task> single) {
        for (Task task : tasks) {
            if (task instanceof Task.Repeat repeat) {
                repeat.bodies().forEach(body -> flatten(body, single));
            } else {
                single.add(task);
            }
        }
    }

    private static Kernel[] assembled(List<Task> tasks, Iterator<Kernel> kernels, KernelBackend backend) {
        Kernel[] result = new Kernel[tasks.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] =
                    tasks.get(i) instanceof Task.Repeat repeat ? repeated(repeat, kernels, backend) : kernels.next();
        }
        return result;
    }

    private static Kernel repeated(Task.Repeat repeat, Iterator<Kernel> kernels, KernelBackend backend) {
        List<RepeatKernel.Body> bodies = new ArrayList<>();
        for (List<Task> body : repeat.bodies()) {
            Kernel[] own = assembled(body, kernels, backend);
            bodies.add(new RepeatKernel.Body(own, Profiler.meter(body).orElse(null)));
        }
        return new RepeatKernel(repeat, bodies, backend);
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
        if (once != null) {
            text.append("once for many runs:\n").append(once.describe());
        }
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
    public MemorySegment[] keep(MemorySegment[] inputs) {
        MemorySegment[] kept = new MemorySegment[lowered.inputs() - inputs.length + packing.size()];
        MemorySegment[] buffers = Arrays.copyOf(inputs, lowered.bytes().length + packing.size());
        for (int i = 0; i < kept.length; i++) {
            int result = inputs.length + i;
            PackingKernel kernel = result < lowered.inputs() ? null : packing.get(result - lowered.inputs());
            long bytes = kernel == null ? lowered.bytes()[result] : kernel.packedBytes();
            kept[i] = Memory.shared()
                    .allocate(bytes, "values of variables that a plan keeps")
                    .segment();
        }
        if (once != null) {
            MemorySegment[] results = Arrays.copyOf(kept, once.lowered.outputs());
            once.runner().run(inputs, NOTHING, results);
            System.arraycopy(results, 0, buffers, inputs.length, results.length);
        }
        for (int i = 0; i < packing.size(); i++) {
            packing.get(i).pack(buffers, kept[kept.length - packing.size() + i]);
        }
        return kept;
    }

    @Override
    public Runner runner() {
        int fixed = lowered.inputs() + lowered.outputs();
        MemorySegment[] buffers = new MemorySegment[lowered.bytes().length + packing.size()];
        Buffer arena = Memory.shared().allocate(lowered.memory().total(), "intermediate values of a plan");
        for (int i = fixed; i < lowered.bytes().length; i++) {
            buffers[i] = arena.segment().asSlice(lowered.memory().offset(i - fixed), lowered.bytes()[i]);
        }
        Kernel[] own = kernels.clone();
        for (int i = 0; i < own.length; i++) {
            if (own[i] instanceof RepeatKernel repeat) {
                own[i] = repeat.fresh();
            }
        }
        return (inputs, kept, outputs) -> {
            bind(buffers, inputs, kept, outputs);
            run(own, buffers);
        };
    }

    private void bind(MemorySegment[] buffers, MemorySegment[] inputs, MemorySegment[] kept, MemorySegment[] outputs) {
        int values = lowered.inputs() - inputs.length;
        bind(buffers, 0, inputs, inputs.length);
        bind(buffers, inputs.length, kept, values);
        bind(buffers, lowered.inputs(), outputs, lowered.outputs());
        System.arraycopy(kept, values, buffers, lowered.bytes().length, packing.size());
    }

    private void run(Kernel[] kernels, MemorySegment[] buffers) {
        if (meter != null) {
            meter.run(kernels, buffers);
            return;
        }
        for (Kernel kernel : kernels) {
            kernel.run(buffers);
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
