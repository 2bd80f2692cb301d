package dev.lamina.core.backend;

import dev.lamina.core.compiler.Graph;
import dev.lamina.core.compiler.Lowering;

/** A backend that runs tasks: it writes kernels, and core does the rest (fusion, order, memory). */
public abstract class KernelBackend implements Backend {
    /** For subclasses. */
    protected KernelBackend() {}

    /** A kernel for a task. Called once per task when a plan is made. */
    public abstract Kernel prepare(Task task);

    @Override
    public final Program compile(Graph graph) {
        return KernelProgram.of(Lowering.lower(graph), this);
    }
}
