package dev.lamina.cpu.conv;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs the kernels of a {@link Task.Images} image by image where that is proven to be the same as one after the other, and pays. */
public final class ImageKernels {
    /** Slices that a thread has at least, so that all have enough to do. */
    private static final int SLICES = 2;

    private ImageKernels() {}

    /** A kernel for all tasks; the bits are those of the kernels one after the other. */
    public static Kernel of(Task.Images task, List<Kernel> kernels, Pool pool) {
        List<Kernel> steps = new ArrayList<>();
        List<Task> tasks = task.tasks();
        for (int first = 0; first < tasks.size(); ) {
            int end = first + 1;
            while (end < tasks.size()
                    && fits(task.count(), tasks.subList(first, end + 1), kernels.subList(first, end + 1), pool)) {
                end++;
            }
            steps.add(end == first + 1 ? kernels.get(first) : together(task, kernels, first, end, pool));
            first = end;
        }
        List<Kernel> all = List.copyOf(steps);
        return all.size() == 1 ? all.getFirst() : buffers -> all.forEach(kernel -> kernel.run(buffers));
    }

    private static Kernel together(Task.Images task, List<Kernel> kernels, int first, int end, Pool pool) {
        List<ByImages> members =
                kernels.subList(first, end).stream().map(ByImages.class::cast).toList();
        int slices = slices(kernels.subList(first, end), task.count());
        long[] steps = new long
                [1
                        + Stream.concat(task.reads(), task.writes())
                                .mapToInt(Task.Access::buffer)
                                .max()
                                .orElse(0)];
        List<Uses> uses = task.tasks().stream().map(Uses::of).toList();
        for (int buffer : task.inner()) {
            boolean own = true;
            for (int i = 0; i < uses.size(); i++) {
                boolean inside = i >= first && i < end && members.get(i - first).isApart();
                own &= !uses.get(i).uses(buffer)
                        || (inside && uses.get(i).isOfImage(task.tasks().get(i), buffer));
            }
            steps[buffer] = own ? Uses.bytes(uses, buffer) / task.count() : 0;
        }
        return new Together(members, task.count(), slices == 0 ? task.count() : slices, steps, pool);
    }

    // ---------------------------------------------------------------- what fits together

    private static boolean fits(int images, List<Task> tasks, List<Kernel> kernels, Pool pool) {
        int slices = slices(kernels, images);
        if (slices < 0 || (slices == 0 ? images : slices) < SLICES * pool.threads()) {
            return false;
        }
        List<Uses> uses = tasks.stream().map(Uses::of).toList();
        Map<Integer, Long> bytes = new HashMap<>();
        for (Uses use : uses) {
            use.parts().forEach(part -> bytes.put(part.buffer(), part.bytes()));
        }
        long image = bytes.values().stream().mapToLong(Long::longValue).sum() / images;
        if (image > Caches.machine().l2()) {
            return false;
        }
        Uses last = uses.getLast();
        return uses.subList(0, uses.size() - 1).stream().allMatch(before -> before.isBefore(last));
    }

    /** Common slices; 0 if images may be cut anywhere, -1 if there are none. */
    private static int slices(List<Kernel> kernels, int images) {
        int slices = 0;
        for (Kernel kernel : kernels) {
            int own = kernel instanceof ByImages member ? member.slices() : -1;
            if (own < 0 || (own > 0 && images % own != 0)) {
                return -1;
            }
            // Slices are powers of two, so the larger ones of the others have several smaller ones.
            slices = slices == 0 || own == 0 ? Math.max(slices, own) : Math.min(slices, own);
        }
        return slices;
    }

    /** All of a tensor without gaps: its first axis are images, so equal parts of a buffer have the same part for each image. */
    private record Part(int buffer, long offset, long bytes) {
        static Part of(Task.Access access) {
            long count = 1;
            for (int extent : access.dims()) {
                count *= extent;
            }
            int bytes = access.dtype().bytes();
            return new Part(access.buffer(), access.offset() * bytes, count * bytes);
        }
    }

    /**
     * What a task does with buffers.
     *
     * @param reads of the image at hand
     * @param writes likewise
     * @param shared read by all images, or in the beginning
     * @param results written in the end
     * @param sums written any time
     */
    private record Uses(
            List<Part> reads, List<Part> writes, List<Integer> shared, List<Integer> results, List<Integer> sums) {
        static Uses of(Task task) {
            Uses uses = new Uses(
                    new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            Task product = task instanceof Task.Chain chain ? chain.product() : task;
            boolean isKernel = product instanceof Task.Convolution conv && conv.part() == Window.Part.KERNEL;
            product.reads().forEach(access -> {
                boolean isWeights = product instanceof Task.Convolution conv && access.equals(conv.w());
                uses.read(access, !isWeights);
            });
            product.writes().forEach(access -> uses.write(access, !isKernel, uses.sums()));
            if (task instanceof Task.Chain chain) {
                List<Integer> others = isKernel ? uses.results() : uses.sums();
                chain.epilogue().reads().forEach(access -> uses.read(access, !isKernel));
                chain.epilogue().writes().forEach(access -> uses.write(access, !isKernel, others));
            }
            return uses;
        }

        private void read(Task.Access access, boolean ofImage) {
            if (ofImage && access.isContiguous()) {
                reads.add(Part.of(access));
            } else {
                shared.add(access.buffer());
            }
        }

        private void write(Task.Access access, boolean ofImage, List<Integer> others) {
            if (ofImage && access.isContiguous()) {
                writes.add(Part.of(access));
            } else {
                others.add(access.buffer());
            }
        }

        /** What is read or written of the image at hand. */
        Stream<Part> parts() {
            return Stream.concat(reads.stream(), writes.stream());
        }

        /** Whether this may go through an image before another one has gone through those before it. */
        boolean isBefore(Uses next) {
            return writes.stream().allMatch(next::agrees)
                    && next.writes.stream().allMatch(this::agrees)
                    && sums.stream().noneMatch(next::uses)
                    && next.sums.stream().noneMatch(this::uses)
                    && results.stream().noneMatch(next::uses)
                    && next.results.stream().noneMatch(results::contains)
                    && next.results.stream().noneMatch(buffer -> writes.stream().anyMatch(p -> p.buffer() == buffer));
        }

        /** Whether a buffer of which each image writes its part is used here for nothing but the same parts. */
        private boolean agrees(Part part) {
            return parts().allMatch(own -> own.buffer() != part.buffer() || own.equals(part))
                    && Stream.of(shared, results, sums).noneMatch(others -> others.contains(part.buffer()));
        }

        /** Whether a task reads or writes the image at hand only, and not in its map. */
        boolean isOfImage(Task task, int buffer) {
            boolean inMap = task instanceof Task.Chain chain
                    && Stream.concat(chain.epilogue().reads(), chain.epilogue().writes())
                            .anyMatch(access -> access.buffer() == buffer);
            return !inMap && Stream.of(shared, results, sums).noneMatch(others -> others.contains(buffer));
        }

        static long bytes(List<Uses> all, int buffer) {
            return all.stream()
                    .flatMap(Uses::parts)
                    .filter(part -> part.buffer() == buffer)
                    .mapToLong(Part::bytes)
                    .findFirst()
                    .orElse(0);
        }

        private boolean uses(int buffer) {
            return parts().anyMatch(part -> part.buffer() == buffer)
                    || Stream.of(shared, results, sums).anyMatch(others -> others.contains(buffer));
        }
    }

    // ---------------------------------------------------------------- work

    /** Kernels that go through each image one after the other. */
    private static final class Together implements Kernel {
        private final List<ByImages> members;
        private final int images;
        private final int slices;
        private final Pool pool;
        private final FreeList<Run> runs = new FreeList<>(Run::new);

        /** For each image of a slice, how far it is moved, by buffer: what only these kernels need takes the place of the first, and stays in the cache. */
        private final long[][] back;

        Together(List<ByImages> members, int images, int slices, long[] steps, Pool pool) {
            back = new long[images / slices][steps.length];
            for (int i = 0; i < back.length; i++) {
                for (int buffer = 0; buffer < steps.length; buffer++) {
                    back[i][buffer] = i * steps[buffer];
                }
            }
            this.members = members;
            this.images = images;
            this.slices = slices;
            this.pool = pool;
        }

        @Override
        public void run(MemorySegment[] buffers) {
            Run run = runs.take();
            try {
                for (int i = 0; i < run.started.length; i++) {
                    run.started[i] = members.get(i).start(buffers);
                }
                pool.run(slices, run);
                for (ByImages.Started each : run.started) {
                    each.finish();
                }
            } finally {
                for (int i = 0; i < run.started.length; i++) {
                    if (run.started[i] != null) {
                        run.started[i].close();
                        run.started[i] = null;
                    }
                }
                runs.give(run);
                Reference.reachabilityFence(buffers);
            }
        }

        /** One run: what a task of the pool does. */
        private final class Run implements Pool.Task {
            private final ByImages.@Nullable Started[] started = new ByImages.Started[members.size()];

            @Override
            public void run(int slice) {
                int count = images / slices;
                for (int i = 0; i < count; i++) {
                    for (ByImages.Started each : started) {
                        each.image(slice * count + i, back[i]);
                    }
                }
            }
        }
    }
}
