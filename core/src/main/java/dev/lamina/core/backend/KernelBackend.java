package dev.lamina.core.backend;

import dev.lamina.core.compiler.Graph;
import dev.lamina.core.compiler.Prologue;
import java.util.List;
import java.util.function.IntConsumer;

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

    /**
     * Pieces of work that have nothing to do with each other, to be done in any order or at the same time. They run kernels of this backend.
     *
     * @param part called with 0 .. parts-1
     * @return does all of them; may be run again and again, and allocates nothing then
     */
    protected Runnable together(int parts, IntConsumer part) {
        return () -> {
            for (int i = 0; i < parts; i++) {
                part.accept(i);
            }
        };
    }

    @Override
    public final Program compile(Graph graph) {
        return KernelProgram.of(Prologue.of(graph), this);
    }
}
