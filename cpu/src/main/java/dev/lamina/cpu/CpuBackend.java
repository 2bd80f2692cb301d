package dev.lamina.cpu;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.KernelBackend;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.plain.PlainKernels;
import dev.lamina.cpu.pool.Pool;
import java.util.List;

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
    protected List<Kernel> prepare(List<Task> tasks) {
        return tasks.stream().map(task -> PlainKernels.prepare(task, pool)).toList();
    }
}
