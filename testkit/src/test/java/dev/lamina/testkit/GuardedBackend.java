package dev.lamina.testkit;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.KernelBackend;
import dev.lamina.core.backend.PackingKernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Node;
import dev.lamina.cpu.CpuBackend;
import dev.lamina.cpu.CpuKernels;
import dev.lamina.cpu.Instructions;
import dev.lamina.cpu.code.GuardedMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The CPU backend with one kind of instructions, on buffers that end or begin at a page which nobody can touch: each kernel gets copies of
 * the inputs, outputs and intermediate values that its task names, so that a byte too far (by turns behind and before) ends the process, and the list of kernels
 * that ran before it in {@code hs_err} says where. All other buffers are missing.
 */
public abstract class GuardedBackend extends KernelBackend {
    private static final int THREADS = 3;

    /** Guarded buffers of this thread, by their place among the buffers of a task; by turns the guard is behind and before a buffer. */
    private static final ThreadLocal<Guards> GUARDED = ThreadLocal.withInitial(Guards::new);

    private static final class Guards {
        final List<GuardedMemory> ending = new ArrayList<>();
        final List<GuardedMemory> beginning = new ArrayList<>();
        int runs;
    }

    private final String name;
    private final Supplier<CpuBackend> maker;
    private volatile CpuBackend
            cpu; // made late: ServiceLoader makes all backends, also those that this machine cannot run

    private GuardedBackend(Instructions instructions) {
        name = "guarded-" + instructions.name();
        maker = () -> new CpuBackend(instructions, THREADS);
    }

    /** Plain Java. */
    public static final class PlainJava extends GuardedBackend {
        /** Made by {@link java.util.ServiceLoader}. */
        public PlainJava() {
            super(Instructions.PLAIN_JAVA);
        }
    }

    /** Vectors of 256 bits. */
    public static final class Avx2 extends GuardedBackend {
        /** Made by {@link java.util.ServiceLoader}. */
        public Avx2() {
            super(Instructions.AVX2);
        }
    }

    /** Vectors of 512 bits, no AMX. */
    public static final class Avx512 extends GuardedBackend {
        /** Made by {@link java.util.ServiceLoader}. */
        public Avx512() {
            super(Instructions.AVX512);
        }
    }

    /** Vectors of 512 bits and AMX. */
    public static final class Amx extends GuardedBackend {
        /** Made by {@link java.util.ServiceLoader}. */
        public Amx() {
            super(Instructions.AMX);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int priority() {
        return -20;
    }

    @Override
    public String describe() {
        return cpu().describe() + ", on guarded memory";
    }

    private synchronized CpuBackend cpu() {
        if (cpu == null) {
            cpu = maker.get();
        }
        return cpu;
    }

    @Override
    public boolean claims(Node node) {
        return cpu().claims(node);
    }

    @Override
    protected List<Kernel> prepare(List<Task> tasks) {
        List<Kernel> kernels = CpuKernels.of(cpu(), tasks);
        List<Kernel> guarded = new ArrayList<>();
        for (int i = 0; i < kernels.size(); i++) {
            guarded.add(guarded(kernels.get(i), tasks.get(i)));
        }
        return guarded;
    }

    private static Kernel guarded(Kernel kernel, Task task) {
        int[] named = Stream.concat(task.reads(), task.writes())
                .mapToInt(Task.Access::buffer)
                .distinct()
                .toArray();
        int[] written = task.writes().mapToInt(Task.Access::buffer).distinct().toArray();
        return kernel instanceof PackingKernel packing
                ? new GuardedPacking(packing, named, written)
                : buffers -> onCopies(kernel, named, written, buffers);
    }

    private static void onCopies(Kernel kernel, int[] named, int[] written, MemorySegment[] buffers) {
        GUARDED.get().runs++;
        MemorySegment[] copies = new MemorySegment[buffers.length];
        for (int i = 0; i < named.length; i++) {
            copies[named[i]] = copy(i, named, buffers, copies);
        }
        kernel.run(copies);
        for (int buffer : written) {
            buffers[buffer].copyFrom(copies[buffer]);
        }
    }

    /** A kernel whose packed form is guarded as its buffers are, and whose weights are missing once they are packed. */
    @SuppressWarnings("ArrayRecordComponent")
    private record GuardedPacking(PackingKernel kernel, int[] named, int[] written) implements PackingKernel {
        @Override
        public int packs() {
            return kernel.packs();
        }

        @Override
        public long packedBytes() {
            return kernel.packedBytes();
        }

        @Override
        public void pack(MemorySegment[] buffers, MemorySegment packed) {
            MemorySegment[] copies = new MemorySegment[buffers.length];
            copies[packs()] = guarded(0, buffers[packs()].byteSize()).copyFrom(buffers[packs()]);
            MemorySegment copy = guarded(1, packed.byteSize());
            kernel.pack(copies, copy);
            packed.copyFrom(copy);
        }

        @Override
        public void run(MemorySegment[] buffers) {
            onCopies(kernel, named, written, buffers);
        }

        @Override
        public void run(MemorySegment[] buffers, MemorySegment packed) {
            int[] others =
                    Arrays.stream(named).filter(buffer -> buffer != packs()).toArray();
            MemorySegment copy = guarded(named.length, packed.byteSize()).copyFrom(packed);
            onCopies(all -> kernel.run(all, copy), others, written, buffers);
        }
    }

    /** A copy of the buffer of a place; a variable and its new value in the same memory have one copy too. */
    private static MemorySegment copy(int place, int[] named, MemorySegment[] buffers, MemorySegment[] copies) {
        MemorySegment original = buffers[named[place]];
        for (int i = 0; i < place; i++) {
            MemorySegment other = buffers[named[i]];
            if (other.address() == original.address() && other.byteSize() == original.byteSize()) {
                return copies[named[i]];
            }
        }
        return guarded(place, original.byteSize()).copyFrom(original);
    }

    /** So many bytes before the page behind the buffer of a place, or behind the page before it. */
    private static MemorySegment guarded(int place, long bytes) {
        Guards guards = GUARDED.get();
        boolean ends = (guards.runs + place) % 2 == 0;
        List<GuardedMemory> all = ends ? guards.ending : guards.beginning;
        while (all.size() <= place) {
            all.add(memory(1, ends));
        }
        if (all.get(place).segment().byteSize() < bytes) {
            all.set(place, memory(2 * bytes, ends));
        }
        MemorySegment memory = all.get(place).segment();
        return memory.asSlice(ends ? memory.byteSize() - bytes : 0, bytes);
    }

    private static GuardedMemory memory(long bytes, boolean ends) {
        return ends ? GuardedMemory.endingAtGuard(bytes) : GuardedMemory.beginningAtGuard(bytes);
    }
}
