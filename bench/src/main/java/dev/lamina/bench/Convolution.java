package dev.lamina.bench;

import dev.lamina.bench.Peers.Vision.Use;
import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Index;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A 3x3 convolution of 64 to 64 channels over eight images with padding 1: the output, both gradients, or all. */
final class Convolution implements Work {
    private final Use use;
    private final Shape shape;
    private final int groups;
    private final Tensor x;
    private final Tensor kernel;
    private final Tensor upstream;
    private final Execution execution;
    private final Optional<Peers.Rival> rival;

    /**
     * @param extent height and width of an image
     * @param groups 1, or 64: each channel alone
     */
    Convolution(int extent, int groups, Use use) {
        this.use = use;
        this.groups = groups;
        shape = Shape.of(8, extent, extent, 64);
        x = numbers(1, shape).mul(2);
        kernel = numbers(2, Shape.of(3, 3, 64 / groups, 64)).mul(0.2);
        upstream = numbers(3, shape);
        Tensor images = Tensor.input(DType.F32, shape);
        Tensor weights = Tensor.input(DType.F32, kernel.shape());
        Tensor above = Tensor.input(DType.F32, shape);
        Tensor y = images.conv(weights, Slide.by(1).padding(1).groups(groups));
        List<Tensor> outputs = outputs(y, above, images, weights);
        execution =
                Plan.compile(List.of(images, weights, above), outputs, Map.of()).start();
        execution.input(0, x);
        execution.input(1, kernel);
        execution.input(2, upstream);
        Peers.Vision vision = new Peers.Vision(
                Peers.Vision.Net.CONV,
                use,
                List.of(Networks.values(kernel)),
                Networks.values(x),
                new int[0],
                use == Use.FORWARD ? Optional.empty() : Optional.of(Networks.values(upstream)),
                shape.dim(0),
                false);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.vision(vision));
    }

    private List<Tensor> outputs(Tensor y, Tensor above, Tensor images, Tensor weights) {
        List<Tensor> outputs = new ArrayList<>();
        if (use != Use.BACKWARD) {
            outputs.add(y);
        }
        if (use != Use.FORWARD) {
            outputs.addAll(Gradients.of(y, above, List.of(images, weights)));
        }
        return outputs;
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
        int outputs = use == Use.FORWARD ? 1 : use == Use.BACKWARD ? 2 : 3;
        return Unit.rate("GFLOP/s", outputs * 2.0 * shape.size() * 9 * (64.0 / groups) * 1e-9);
    }

    @Override
    public void check() {
        run();
        Tensor images = x.cast(DType.F64);
        Tensor weights = kernel.cast(DType.F64);
        Tensor y = sumOfProducts(images, weights);
        List<Tensor> expected = outputs(y, upstream.cast(DType.F64), images, weights);
        RowData.close("convolution", expected, execution, rival, 2e-6);
    }

    /** The definition: a product for each tap of the kernel. */
    private Tensor sumOfProducts(Tensor images, Tensor weights) {
        Tensor padded = images.pad(new int[] {0, 1, 1, 0}, new int[] {0, 1, 1, 0}, 0);
        Tensor sum = images.zerosLike();
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                Tensor shifted =
                        padded.slice(Index.all(), Index.range(i, i + shape.dim(1)), Index.range(j, j + shape.dim(2)));
                Tensor tap = weights.slice(Index.at(i), Index.at(j));
                sum = sum.add(groups == 1 ? shifted.matmul(tap) : shifted.mul(tap));
            }
        }
        return sum;
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }
}
