package dev.lamina.core.op;

import dev.lamina.core.Tensor;

/** Sums of products. */
public sealed interface Contract extends Op {
    /**
     * Batched matrix product: (B..., M, K) times (B..., K, N) gives (B..., M, N); both have the same batch axes. f16 and
     * bf16 accumulate in f32; integers wrap.
     */
    record MatMul() implements Contract {
        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Tensor a = Tensor.of(node.input(0));
            Tensor b = Tensor.of(node.input(1));
            sink.add(node.input(0), upstream.matmul(b.transpose()));
            sink.add(node.input(1), a.transpose().matmul(upstream));
        }
    }
}
