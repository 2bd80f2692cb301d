package dev.lamina.cpu;

import dev.lamina.core.LaminaException;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.KernelBackend;
import dev.lamina.core.backend.Task;
import dev.lamina.core.memory.ByteSize;
import dev.lamina.core.op.Node;
import dev.lamina.cpu.attention.AttentionKernels;
import dev.lamina.cpu.code.Caches;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.conv.ConvKernels;
import dev.lamina.cpu.conv.ImageKernels;
import dev.lamina.cpu.gemm.GemmKernels;
import dev.lamina.cpu.loop.LoopKernels;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.plain.PlainKernels;
import dev.lamina.cpu.pool.Pool;
import dev.lamina.cpu.rows.RowKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The CPU backend: kernels on the cores of this machine. Loops and products are machine code where the processor and the system
 * allow it; the rest, and everything elsewhere, is plain Java.
 */
public final class CpuBackend extends KernelBackend {
    /** Attention of fewer queries is left to ordinary products. */
    private static final int FEW_QUERIES = 16;

    /** Code of so many kernels is written by all threads. */
    private static final int MANY_TASKS = 4;

    private final String name;
    private final @Nullable Instructions forced;
    private final Pool pool;

    /** Why there is no machine code although the processor could run it; null as long as it works. */
    private volatile @Nullable String refusal;

    /** The backend on the threads of the process, with the best instructions of the machine. */
    public CpuBackend() {
        name = "cpu";
        forced = null;
        pool = Pool.shared();
        // The first call of machine code takes the JVM a while to link: meanwhile the first plan is compiled.
        Thread.ofPlatform().daemon().name("lamina-detection").start(CpuBackend::detect);
    }

    private static void detect() {
        try {
            Isa.machine();
        } catch (RuntimeException e) {
            // Whoever asks next gets it again.
        }
    }

    /**
     * A backend of its own kind, for comparisons and tests. Its name is {@code cpu-} and the instructions in lower case.
     *
     * @param instructions what kernels are made of
     * @param threads threads that work at the same time, the caller included; at least 1
     * @throws LaminaException if the machine lacks the instructions
     */
    public CpuBackend(Instructions instructions, int threads) {
        if (!instructions.isAvailable()) {
            throw new LaminaException("backend: expected a machine with " + instructions + ", got " + Isa.machine()
                    + "; see `lamina doctor`, -Dlamina.vector and -Dlamina.amx");
        }
        name = "cpu-" + instructions.name().toLowerCase(Locale.ROOT).replace('_', '-');
        forced = instructions;
        pool = Pool.of(threads);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int priority() {
        return forced == null ? 100 : -10;
    }

    @Override
    public String describe() {
        String threads = ", " + pool.threads() + (pool.threads() == 1 ? " thread" : " threads");
        String reason = refusal == null && forced == null && isa().vectorBits() == 0 ? Isa.refusal() : refusal;
        return (reason == null ? isa().describe() + caches() : "plain Java loops (" + reason + ")") + threads;
    }

    @Override
    public boolean claims(Node node) {
        return refusal == null && AttentionKernels.claims(node, isa(), forced == null ? FEW_QUERIES : 1);
    }

    private static String caches() {
        Caches caches = Caches.machine();
        return ", caches " + ByteSize.text(caches.l1()) + ", " + ByteSize.text(caches.l2()) + ", "
                + ByteSize.text(caches.l3());
    }

    private Isa isa() {
        return forced == null ? Isa.machine() : forced.isa();
    }

    @Override
    protected List<Kernel> prepare(List<Task> tasks) {
        if (forced == null && isa().vectorBits() == 0) {
            refuse(Isa.refusal());
        }
        if (isa().vectorBits() > 0 && refusal == null) {
            try {
                return machineCode(tasks);
            } catch (CodeException e) {
                refuse(e.getMessage());
            }
        }
        return tasks.stream().map(task -> PlainKernels.prepare(task, pool)).toList();
    }

    @Override
    protected Runnable together(int parts, IntConsumer part) {
        Pool.Task task = part::accept;
        return () -> pool.run(parts, task);
    }

    /** Says so once; later plans do not try again. */
    private synchronized void refuse(String reason) {
        if (refusal == null) {
            refusal = reason;
            // Made here: a logger costs milliseconds at the start, and hardly anybody needs it.
            System.getLogger("dev.lamina")
                    .log(System.Logger.Level.WARNING, "no machine code, plain Java instead: {0}", reason);
        }
    }

    private List<Kernel> machineCode(List<Task> tasks) throws CodeException {
        CodeBatch batch = new CodeBatch();
        Kernel[] kernels = new Kernel[tasks.size()];
        AtomicReference<@Nullable CodeException> refused = new AtomicReference<>();
        Pool.Task write = i -> {
            try {
                kernels[i] = kernel(tasks.get(i), batch);
            } catch (CodeException e) {
                refused.set(e);
            }
        };
        if (kernels.length < MANY_TASKS) {
            for (int i = 0; i < kernels.length; i++) {
                write.run(i);
            }
        } else {
            pool.run(kernels.length, write);
        }
        CodeException refusedNow = refused.get();
        if (refusedNow != null) {
            throw refusedNow;
        }
        batch.publish();
        return List.of(kernels);
    }

    private Kernel kernel(Task task, CodeBatch batch) throws CodeException {
        Kernel kernel = switch (task) {
            case Task.Loop loop -> LoopKernels.prepare(loop, isa(), pool, batch);
            case Task.MatMul product -> GemmKernels.prepare(product, null, isa(), pool, batch);
            case Task.Convolution conv -> ConvKernels.prepare(conv, null, isa(), pool, batch);
            case Task.Pooling pooling -> ConvKernels.prepare(pooling, null, isa(), pool, batch);
            case Task.Chain chain -> chain(chain, batch);
            case Task.Band band -> band(band, batch);
            case Task.Images images -> images(images, batch);
            case Task.Gather gather -> RowKernels.prepare(gather, isa(), pool, batch);
            case Task.Scattering scattering -> RowKernels.prepare(scattering, isa(), pool, batch);
            case Task.Sorting ignored -> null;
            case Task.Scanning scanning -> RowKernels.prepare(scanning, isa(), pool, batch);
            case Task.Attention attention -> AttentionKernels.prepare(attention, isa(), pool, batch);
            case Task.AttentionGradient gradient -> AttentionKernels.prepare(gradient, isa(), pool, batch);
            case Task.Repeat ignored -> throw new IllegalStateException("core repeats");
        };
        return kernel != null ? kernel : PlainKernels.prepare(task, pool);
    }

    /** A product with its epilogue; null if there is no such kernel. */
    private @Nullable Kernel product(Task.Product product, Region epilogue, CodeBatch batch) throws CodeException {
        return switch (product) {
            case Task.MatMul matmul -> GemmKernels.prepare(matmul, epilogue, isa(), pool, batch);
            case Task.Convolution conv -> ConvKernels.prepare(conv, epilogue, isa(), pool, batch);
            case Task.Pooling pooling -> ConvKernels.prepare(pooling, epilogue, isa(), pool, batch);
        };
    }

    private Kernel band(Task.Band band, CodeBatch batch) throws CodeException {
        Kernel together = LoopKernels.prepare(band, isa(), pool, batch);
        if (together != null) {
            return together;
        }
        Kernel rows = kernel(band.rows(), batch);
        List<Kernel> columns = new ArrayList<>();
        for (Task.Loop loop : band.columns()) {
            columns.add(kernel(loop, batch));
        }
        return buffers -> {
            rows.run(buffers);
            columns.forEach(kernel -> kernel.run(buffers));
        };
    }

    private Kernel images(Task.Images images, CodeBatch batch) throws CodeException {
        List<Kernel> kernels = new ArrayList<>();
        for (Task task : images.tasks()) {
            kernels.add(kernel(task, batch));
        }
        return ImageKernels.of(images, kernels, pool);
    }

    private Kernel chain(Task.Chain chain, CodeBatch batch) throws CodeException {
        Region region = LoopKernels.region(chain.epilogue(), isa(), batch);
        Kernel both = region == null ? null : product(chain.product(), region, batch);
        if (both != null) {
            return both;
        }
        Kernel product = kernel(chain.product(), batch);
        Kernel epilogue = kernel(chain.epilogue(), batch);
        return buffers -> {
            product.run(buffers);
            epilogue.run(buffers);
        };
    }
}
