package dev.lamina.cpu;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.KernelBackend;
import dev.lamina.core.backend.Task;

/** The CPU backend: kernels on the cores of this machine. */
public final class CpuBackend extends KernelBackend {
    private final Pool pool;

    /** The backend on the threads of the process. */
    public CpuBackend() {
        this(Pool.shared());
    }

    CpuBackend(Pool pool) {
        this.pool = pool;
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public String describe() {
        return "plain Java loops, " + pool.threads() + (pool.threads() == 1 ? " thread" : " threads")
                + " (this version generates no machine code)";
    }

    @Override
    public Kernel prepare(Task task) {
        return switch (task) {
            case Task.Loop loop -> LoopCompiler.compile(loop, pool);
            case Task.MatMul matmul -> new MatMulKernel(matmul, pool);
            case Task.Gather gather -> new GatherKernel(gather, pool);
            case Task.Scattering scattering -> new ScatterKernel(scattering, pool);
            case Task.Sorting sorting -> new SortKernel(sorting, pool);
            case Task.Scanning scanning -> new ScanKernel(scanning, pool);
        };
    }
}
