package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** gelu(A B + bias) in one plan, against A B alone: what the functions after a product cost. */
final class Epilogue implements Work {
    private static final int SIZE = 1024;

    private final Tensor a = Tensor.of(Matmul.filled(SIZE * SIZE, 7), SIZE, SIZE);
    private final Tensor b =
            Tensor.of(Matmul.filled(SIZE * SIZE, 5), SIZE, SIZE).mul(1.0 / 64).evaluate();
    private final Tensor bias = Tensor.of(Matmul.filled(SIZE, 11), SIZE);
    private final Execution fused;
    private final Execution alone;

    Epilogue() {
        Tensor left = Tensor.input(DType.F32, Shape.of(SIZE, SIZE));
        Tensor right = Tensor.input(DType.F32, Shape.of(SIZE, SIZE));
        Tensor shift = Tensor.input(DType.F32, Shape.of(SIZE));
        Tensor product = left.matmul(right);
        fused = Plan.compile(
                        List.of(left, right, shift), List.of(product.add(shift).gelu()), Map.of())
                .start();
        fused.input(0, a);
        fused.input(1, b);
        fused.input(2, bias);
        alone = Plan.compile(List.of(left, right), List.of(product), Map.of()).start();
        alone.input(0, a);
        alone.input(1, b);
    }

    @Override
    public void run() {
        fused.run();
    }

    @Override
    public Unit unit() {
        return Unit.cost("ms", 1e3);
    }

    @Override
    public void check() {
        run();
        alone.run();
        float[] expected = alone.outputTensor(0)
                .add(bias)
                .cast(DType.F64)
                .gelu()
                .cast(DType.F32)
                .toFloatArray();
        Check.close("gelu", expected, fused.outputTensor(0).toFloatArray(), 1e-5);
    }

    @Override
    public Optional<Peer> peer() {
        return Optional.of(new Peer("ours, the product alone", unit(), alone::run));
    }
}
