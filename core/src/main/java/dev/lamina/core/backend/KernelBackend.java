package dev.lamina.core.backend;

import dev.lamina.core.compiler.Graph;
import dev.lamina.core.compiler.Prologue;
import java.util.List;

/** A backend that runs tasks: it writes kernels, and core does the rest (fusion, order, memory). */
public abstract class KernelBackend implements Backend {
    /** For subclasses. */
    protected KernelBackend() {}

    /**
     * Kernels for the tasks of a plan, in order. Called once when a plan is made.
     *
     * @param tasks what to do, in order
     * @return as many kernels
     */
    protected abstract List<Kernel> prepare(List<Task> tasks);

    @Override
    public final Program compile(Graph graph) {
        return KernelProgram.of(Prologue.of(graph), this);
    }
}
