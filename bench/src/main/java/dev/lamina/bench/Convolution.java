package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Index;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A 3x3 convolution of 64 to 64 channels over eight images of 56x56 with padding 1: forward, or both gradients. */
final class Convolution implements Work {
    private static final Shape IMAGES = Shape.of(8, 56, 56, 64);
    private static final Shape KERNEL = Shape.of(3, 3, 64, 64);
    private static final double FLOPS = 2.0 * IMAGES.size() * 9 * 64;

    private final boolean backward;
    private final Tensor x = numbers(1, IMAGES).mul(2);
    private final Tensor kernel = numbers(2, KERNEL).mul(0.2);
    private final Tensor upstream = numbers(3, IMAGES);
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    Convolution(boolean backward) {
        this.backward = backward;
        Tensor images = Tensor.input(DType.F32, IMAGES);
        Tensor weights = Tensor.input(DType.F32, KERNEL);
        Tensor above = Tensor.input(DType.F32, IMAGES);
        Tensor y = images.conv(weights, Slide.by(1).padding(1));
        List<Tensor> outputs = backward ? Gradients.of(y, above, List.of(images, weights)) : List.of(y);
        execution =
                Plan.compile(List.of(images, weights, above), outputs, Map.of()).start();
        execution.input(0, x);
        execution.input(1, kernel);
        execution.input(2, upstream);
        Peers.Vision vision = new Peers.Vision(
                Peers.Vision.Net.CONV,
                backward ? Peers.Vision.Use.BACKWARD : Peers.Vision.Use.FORWARD,
                List.of(Networks.values(kernel)),
                Networks.values(x),
                new int[0],
                backward ? Optional.of(Networks.values(upstream)) : Optional.empty(),
                IMAGES.dim(0),
                false);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.vision(vision));
    }

    private static Tensor numbers(long seed, Shape shape) {
        return Random.seed(seed).uniform(shape).sub(0.5);
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.rate("GFLOP/s", (backward ? 2 : 1) * FLOPS * 1e-9);
    }

    @Override
    public void check() {
        run();
        Tensor images = x.cast(DType.F64);
        Tensor weights = kernel.cast(DType.F64);
        Tensor y = sumOfProducts(images, weights);
        List<Tensor> expected =
                backward ? Gradients.of(y, upstream.cast(DType.F64), List.of(images, weights)) : List.of(y);
        RowData.close("convolution", expected, execution, rival, 2e-6);
    }

    /** The definition: a product for each tap of the kernel. */
    private static Tensor sumOfProducts(Tensor images, Tensor weights) {
        Tensor padded = images.pad(new int[] {0, 1, 1, 0}, new int[] {0, 1, 1, 0}, 0);
        Tensor sum = images.zerosLike();
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                Tensor shifted = padded.slice(Index.all(), Index.range(i, i + 56), Index.range(j, j + 56));
                sum = sum.add(shifted.matmul(weights.slice(Index.at(i), Index.at(j))));
            }
        }
        return sum;
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
