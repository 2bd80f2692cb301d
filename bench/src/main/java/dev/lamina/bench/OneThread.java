package dev.lamina.bench;

import dev.lamina.core.backend.Backend;
import dev.lamina.core.backend.Program;
import dev.lamina.core.compiler.Graph;
import dev.lamina.core.op.Node;
import dev.lamina.cpu.CpuBackend;
import dev.lamina.cpu.Instructions;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The CPU backend on one thread, in a process whose own backend has more: what more threads are worth. */
public final class OneThread implements Backend {
    static final String NAME = "one-thread";

    private @Nullable CpuBackend cpu; // made late: a search makes all backends

    /** Made by {@link java.util.ServiceLoader}. */
    public OneThread() {}

    private synchronized CpuBackend cpu() {
        if (cpu == null) {
            Instructions best = Arrays.stream(Instructions.values())
                    .filter(Instructions::isAvailable)
                    .reduce((_, better) -> better)
                    .orElseThrow();
            cpu = new CpuBackend(best, 1);
        }
        return cpu;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return -20;
    }

    @Override
    public String describe() {
        return cpu().describe();
    }

    @Override
    public boolean claims(Node node) {
        return cpu().claims(node);
    }

    @Override
    public Program compile(Graph graph) {
        return cpu().compile(graph);
    }
}
