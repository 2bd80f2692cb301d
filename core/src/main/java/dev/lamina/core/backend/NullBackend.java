package dev.lamina.core.backend;

import java.util.Collections;
import java.util.List;

/** Compiles and computes nothing: it shows what the engine itself costs. Outputs hold whatever was in their memory. */
final class NullBackend extends KernelBackend {
    @Override
    public String name() {
        return "null";
    }

    @Override
    public int priority() {
        return -100;
    }

    @Override
    public String describe() {
        return "compiles plans and runs empty kernels";
    }

    @Override
    protected List<Kernel> prepare(List<Task> tasks) {
        return Collections.nCopies(tasks.size(), buffers -> {});
    }
}
