package dev.lamina.cpu.attention;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Fused;
import dev.lamina.core.op.Node;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Library;
import dev.lamina.cpu.pool.Pool;
import org.jspecify.annotations.Nullable;

/** The door to attention in machine code. */
public final class AttentionKernels {
    private AttentionKernels() {}

    /**
     * Whether there may be a kernel for a node.
     *
     * @param leastQueries rows of queries below which products of the whole are as good: their scores are not many
     */
    public static boolean claims(Node node, Isa isa, int leastQueries) {
        boolean attention = node.op() instanceof Fused.Attention || node.op() instanceof Fused.AttentionGradient;
        return attention
                && isa.vectorBits() > 0
                && node.dtype() == DType.F32
                && node.input(0).shape().size() > 0
                && node.input(1).shape().size() > 0
                && node.input(2).shape().size() > 0
                && node.input(0).shape().dim(2) >= leastQueries;
    }

    /** Prepares the kernel of an attention; null if there is no machine code for it. */
    public static @Nullable Kernel prepare(Task.Attention task, Isa isa, Pool pool, CodeBatch batch)
            throws CodeException {
        try {
            return Forward.of(task, isa, pool, batch);
        } catch (Library.Refused e) {
            throw e.refusal();
        }
    }

    /** Prepares the kernel of the gradients of an attention; null if there is no machine code for it. */
    public static @Nullable Kernel prepare(Task.AttentionGradient task, Isa isa, Pool pool, CodeBatch batch)
            throws CodeException {
        try {
            return Backward.of(task, isa, pool, batch);
        } catch (Library.Refused e) {
            throw e.refusal();
        }
    }
}
