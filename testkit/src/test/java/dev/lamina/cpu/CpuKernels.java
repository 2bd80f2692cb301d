package dev.lamina.cpu;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import java.util.List;

/** The door to a backend's kernels, for tests that run them on memory of their own. */
public final class CpuKernels {
    private CpuKernels() {}

    /** What the backend prepares for the tasks of a plan. */
    public static List<Kernel> of(CpuBackend backend, List<Task> tasks) {
        return backend.prepare(tasks);
    }
}
