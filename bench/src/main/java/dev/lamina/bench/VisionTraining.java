package dev.lamina.bench;

import static dev.lamina.nn.Layers.conv2d;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.flatten;
import static dev.lamina.nn.Layers.maxPool2d;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.bench.Peers.Vision;
import dev.lamina.core.DType;
import dev.lamina.core.Precision;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.data.Mnist;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.Optional;
import java.util.function.Supplier;

/** Epochs of a network of convolutions with Adam, in fit. */
final class VisionTraining implements Work {
    private static final double RATE = 1e-3;

    private final Supplier<Model> fresh;
    private final Dataset data;
    private final int batch;
    private final double tolerance;
    private final Model model;
    private final Optional<Peers.Rival> rival;

    private VisionTraining(Vision.Net net, Supplier<Model> fresh, Dataset data, int batch, boolean bf16) {
        this.fresh = fresh;
        this.data = data;
        this.batch = batch;
        this.tolerance = bf16 ? 3e-2 : 3e-3;
        model = fresh.get();
        Vision vision = new Vision(
                net,
                Vision.Use.TRAIN,
                model.parameters().stream().map(v -> Networks.values(v.value())).toList(),
                Networks.values(data.features()),
                data.labels().cast(DType.I32).toIntArray(),
                Optional.empty(),
                batch,
                bf16);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.vision(vision));
    }

    /** LeNet as PyTorch's example for MNIST has it, over 1,280 digits in batches of 64. */
    static VisionTraining lenet(boolean bf16) {
        Dataset digits = Mnist.train(Main.root().resolve("../shared/data/mnist").normalize())
                .take(1280);
        Tensor images = digits.features()
                .cast(DType.F32)
                .reshape(Shape.of(1280, 28, 28, 1))
                .evaluate();
        Supplier<Model> fresh = () -> compiled(
                Sequential.of(
                        conv2d(32, 3).relu(),
                        conv2d(64, 3).relu(),
                        maxPool2d(2),
                        flatten(),
                        dense(128).relu(),
                        dense(10)),
                images,
                bf16);
        return new VisionTraining(Vision.Net.LENET, fresh, Dataset.of(images, digits.labels()), 64, bf16);
    }

    /** ResNet-18 over 16 images of random numbers in batches of 8. */
    static VisionTraining resnet(boolean bf16) {
        Tensor images = Random.seed(1).normal(Shape.of(16, 224, 224, 3)).evaluate();
        Tensor labels = Tensor.arange(16).mul(61).evaluate();
        Supplier<Model> fresh = () -> compiled(new ResNet18(), images, bf16);
        return new VisionTraining(Vision.Net.RESNET18, fresh, Dataset.of(images, labels), 8, bf16);
    }

    private static Model compiled(Model network, Tensor images, boolean bf16) {
        network.seed(1);
        network.precision(bf16 ? Precision.bf16() : Precision.f32());
        network.initialize(images.shape().range(1, 4).dims());
        return network.compile(adam(RATE), sparseCategoricalCrossentropy());
    }

    @Override
    public void run() {
        model.fit(data, FitOptions.epochs(1).batchSize(batch));
    }

    @Override
    public Unit unit() {
        return Unit.rate("samples/s", (double) data.size());
    }

    @Override
    public void check() {
        Networks.same(fresh.get(), data, batch, rival, tolerance);
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, unit()));
    }

    @Override
    public int samples() {
        return 7;
    }
}
