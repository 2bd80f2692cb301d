package dev.lamina.core.op;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import java.util.List;

/** Sums of products. */
public sealed interface Contract extends Op {
    /**
     * Batched matrix product: (B..., M, K) times (B..., K, N) gives (B..., M, N); both have the same batch axes. f16 and
     * bf16 accumulate in f32; integers wrap.
     *
     * @param rounded BF16 if the elements of f32 inputs are rounded to bf16 (to nearest even) before they are multiplied; else the
     *     dtype of the inputs. The gradients of such a product are such products.
     */
    record MatMul(DType rounded) implements Contract {
        @Override
        public List<?> parameters() {
            return List.of(rounded);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Tensor a = Tensor.of(node.input(0));
            Tensor b = Tensor.of(node.input(1));
            sink.add(node.input(0), upstream.product(b.transpose(), rounded));
            sink.add(node.input(1), a.transpose().product(upstream, rounded));
        }
    }
}
