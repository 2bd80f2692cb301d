package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.GemmKernels;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.Pool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The door to convolutions in machine code. */
public final class ConvKernels {
    /** What a task does at least: some microseconds. */
    private static final double TASK_FLOPS = 4e6;

    private static final int MOST_TASKS = 32;

    private ConvKernels() {}

    /**
     * Prepares a convolution or one of its gradients.
     *
     * @param epilogue what is applied to the result block by block, or null
     * @param batch where code of this plan goes
     * @return null if there is no machine code for this: then plain Java runs it
     * @throws CodeException if the system gives no executable memory
     */
    public static @Nullable Kernel prepare(
            Task.Convolution task, @Nullable Region epilogue, Isa isa, Pool pool, CodeBatch batch)
            throws CodeException {
        boolean empty = Stream.of(task.x(), task.w(), task.y())
                .anyMatch(access -> Arrays.stream(access.dims()).anyMatch(d -> d == 0));
        if (isa.vectorBits() == 0 || empty) {
            return null;
        }
        try {
            if (isPointwise(task)) {
                return GemmKernels.prepare(pointwise(task), epilogue, isa, pool, batch);
            }
            if (task.out().dtype() != DType.F32) {
                return null;
            }
            if (DepthwiseKernel.takes(task)) {
                return depthwise(task, epilogue, isa, pool, batch);
            }
            Filter filter = Winograd.choose(task, isa);
            return filter != null ? filtered(filter, task, epilogue, isa, pool) : direct(task, epilogue, isa, pool);
        } catch (Library.Refused e) {
            throw e.refusal();
        }
    }

    /**
     * Prepares pooling or one of its gradients.
     *
     * @param epilogue what is applied to the result band by band, or null
     * @param batch where its code goes
     * @return null if there is no machine code for this: then plain Java runs it
     */
    public static @Nullable Kernel prepare(
            Task.Pooling task, @Nullable Region epilogue, Isa isa, Pool pool, CodeBatch batch) {
        boolean empty = Stream.concat(task.reads(), task.writes())
                .anyMatch(access -> Arrays.stream(access.dims()).anyMatch(d -> d == 0));
        if (isa.vectorBits() == 0 || empty || task.out().dtype() != DType.F32) {
            return null;
        }
        PoolingWindows windows = new PoolingWindows(task);
        // Places in an image are numbers of 32 bits.
        return windows.xImage() > Integer.MAX_VALUE
                ? null
                : new PoolingKernel(task, windows, epilogue, isa, pool, batch);
    }

    /** Whether each output has one position of the input to itself. */
    private static boolean isPointwise(Task.Convolution task) {
        Window.Geometry geometry = task.geometry();
        return task.groups() == 1
                && geometry.taps().stream().allMatch(t -> t == 1)
                && geometry.strides().stream().allMatch(s -> s == 1)
                && Stream.concat(geometry.before().stream(), geometry.after().stream())
                        .allMatch(p -> p == 0);
    }

    private static Task.MatMul pointwise(Task.Convolution task) {
        Task.Access x = rows(task.x());
        Task.Access w = matrix(task.w());
        Task.Access y = rows(task.y());
        return switch (task.part()) {
            case OUTPUT -> new Task.MatMul(x, w, y, task.rounded());
            case INPUT -> new Task.MatMul(y, turned(w), x, task.rounded());
            case KERNEL -> new Task.MatMul(turned(x), y, w, task.rounded());
        };
    }

    /** The last axis, and all others as one. */
    private static Task.Access rows(Task.Access access) {
        int[] dims = access.dims();
        int columns = dims[dims.length - 1];
        int rows = Arrays.stream(dims, 0, dims.length - 1).reduce(1, (a, b) -> a * b);
        return new Task.Access(
                access.buffer(), access.dtype(), access.offset(), new int[] {rows, columns}, new long[] {columns, 1});
    }

    private static Task.Access matrix(Task.Access access) {
        return rows(access);
    }

    private static Task.Access turned(Task.Access access) {
        int[] dims = access.dims();
        long[] strides = access.strides();
        return new Task.Access(
                access.buffer(), access.dtype(), access.offset(), new int[] {dims[1], dims[0]}, new long[] {
                    strides[1], strides[0]
                });
    }

    private static Kernel depthwise(
            Task.Convolution task, @Nullable Region epilogue, Isa isa, Pool pool, CodeBatch batch) {
        if (task.part() != Window.Part.KERNEL) {
            return new DepthwiseKernel(task, epilogue, isa, pool, batch);
        }
        GradientBands sums = DepthwiseKernel.gradient(task, isa, batch);
        return new KernelGradient(task, epilogue, flops(task), parts -> sums, isa, pool);
    }

    /** By {@link Winograd}'s minimal filtering; the kernel's gradient has its own filter. */
    static Kernel filtered(Filter filter, Task.Convolution task, @Nullable Region epilogue, Isa isa, Pool pool) {
        if (task.part() == Window.Part.KERNEL) {
            return new KernelGradient(
                    task, epilogue, flops(task), parts -> new WinogradGradient(task, isa, parts), isa, pool);
        }
        Axis height = axis(task, 1).getFirst();
        Axis width = axis(task, 2).getFirst();
        WinogradPass pass = WinogradPass.of(filter, form(task), height, width, wantedTasks(task), isa);
        boolean sharesWeights = pass.sharesWeights();
        return new Direct(
                source(task), task.w(), task.out(), task.extents(), List.of(pass), sharesWeights, epilogue, 1, pool);
    }

    private static double flops(Task.Convolution task) {
        return 2.0 * size(task.w()) * size(task.y()) / last(task.y());
    }

    private static int wantedTasks(Task.Convolution task) {
        return (int) Math.clamp(flops(task) / TASK_FLOPS, 1, MOST_TASKS);
    }

    private static Task.Access source(Task.Convolution task) {
        return task.part() == Window.Part.INPUT ? task.y() : task.x();
    }

    private static Pass.Form form(Task.Convolution task) {
        Task.Access source = source(task);
        Task.Access target = task.out();
        return new Pass.Form(
                source.dims()[0],
                task.groups(),
                last(source) / task.groups(),
                last(target) / task.groups(),
                spatial(target, 1),
                spatial(task.w(), 0),
                task.part() == Window.Part.INPUT);
    }

    /** By sums over windows. */
    static Kernel direct(Task.Convolution task, @Nullable Region epilogue, Isa isa, Pool pool) {
        double flops = flops(task);
        if (task.part() == Window.Part.KERNEL) {
            return new KernelGradient(task, epilogue, flops, parts -> sums(task, isa, parts), isa, pool);
        }
        Pass.Form form = form(task);
        boolean dense = form.sources() % TileSums.UNIT == 0
                || Lines.fit(form, axis(task, 2).getFirst(), TileSums.UNIT);
        boolean tiles = isa.amx() && task.rounded() == DType.BF16 && dense;
        Sums sums = tiles ? new TileSums() : new FloatSums(form.targets(), task.rounded(), isa);
        int panels = Math.ceilDiv(form.targets(), sums.columns());
        double bytes = sums.packed(TileSums.UNIT) * panels * size(task.w()) / form.targets() / TileSums.UNIT;
        boolean sharesWeights = 2 * bytes <= Caches.machine().l2();
        List<Pass> passes = new ArrayList<>();
        for (Axis depth : axis(task, 0)) {
            for (Axis height : axis(task, 1)) {
                for (Axis width : axis(task, 2)) {
                    int bands = Math.ceilDiv(wantedTasks(task), form.images() * depth.outputs());
                    passes.add(new Pass(form, sums, depth, height, width, !sharesWeights, bands));
                }
            }
        }
        int units = passes.stream()
                .mapToInt(pass -> sharesWeights ? pass.bands() : pass.panels())
                .sum();
        int perTask = (int) Math.clamp(TASK_FLOPS * units / flops, 1, units);
        return new Direct(
                source(task), task.w(), task.out(), task.extents(), passes, sharesWeights, epilogue, perTask, pool);
    }

    private static GradientBands sums(Task.Convolution task, Isa isa, int parts) {
        return isa.amx() && TileGradient.suits(task)
                ? new TileGradient(task, parts)
                : new FloatGradient(task, isa, parts);
    }

    /** Depth, height or width: one axis, or for the gradient of the input its phases. */
    private static List<Axis> axis(Task.Convolution task, int axis) {
        int at = axis - (3 - task.geometry().axes());
        if (at < 0) {
            return List.of(Axis.NONE);
        }
        int inputs = task.x().dims()[at + 1];
        int outputs = task.y().dims()[at + 1];
        return task.part() == Window.Part.INPUT
                ? Axis.backward(task.geometry(), at, outputs, inputs)
                : List.of(Axis.forward(task.geometry(), at, inputs, outputs));
    }

    /** The three spatial extents, of which the first ones may be 1. */
    private static int[] spatial(Task.Access access, int first) {
        int[] dims = access.dims();
        int[] extents = {1, 1, 1};
        int axes = dims.length - 2;
        System.arraycopy(dims, first, extents, 3 - axes, axes);
        return extents;
    }

    private static int last(Task.Access access) {
        return access.dims()[access.dims().length - 1];
    }

    private static double size(Task.Access access) {
        return Arrays.stream(access.dims()).asDoubleStream().reduce(1, (a, b) -> a * b);
    }
}
