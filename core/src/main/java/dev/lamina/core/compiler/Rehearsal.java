package dev.lamina.core.compiler;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.backend.Backends;
import dev.lamina.core.op.Node;
import java.util.List;

/**
 * Compiles a small training step in the background, which nobody runs. A JVM spends most of its first training step on loading and
 * linking the classes of the compiler; so they are there a quarter of that time earlier.
 */
public final class Rehearsal {
    private Rehearsal() {}

    /** Starts it, unless there is no processor to spare or somebody watches what is compiled. */
    public static void start() {
        boolean watched = System.getProperty("lamina.trace", "").contains("passes")
                || System.getProperty("lamina.dump") != null
                || System.getProperty("lamina.profile") != null;
        if (!watched && Runtime.getRuntime().availableProcessors() > 1) {
            Thread.ofPlatform().daemon().name("lamina-rehearsal").start(Rehearsal::run);
        }
    }

    private static void run() {
        try {
            compile();
        } catch (RuntimeException e) {
            // Who computes next gets it again.
        }
    }

    /** Two dense layers with relu and softmax, cross-entropy, and a step in the manner of Adam. Nothing counts it and no cache keeps it. */
    static void compile() {
        Tensor x = Tensor.input(DType.F32, Shape.of(2, 4));
        Tensor w = Tensor.input(DType.F32, Shape.of(4, 4));
        Tensor b = Tensor.input(DType.F32, Shape.of(4));
        Tensor hidden = x.matmul(w).add(b).relu();
        Tensor loss = hidden.matmul(w).add(b).logSoftmax(-1).mean();
        List<Node> outputs = Gradients.of(loss, List.of(w, b)).stream()
                .map(slope -> slope.div(slope.square().sqrt().add(1)).node())
                .toList();
        Binding binding = Binding.of(outputs, List.of(), List.of(x.node(), w.node(), b.node()), true);
        Compiler.compile(binding.graph(), Backends.current());
    }
}
