package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.DType;
import dev.lamina.core.Precision;
import dev.lamina.data.Dataset;
import dev.lamina.data.Mnist;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.Optional;

/** Epochs of a network 784-512-256-10 over the first 12,800 examples of MNIST, 200 batches of 64. */
final class MlpEpoch implements Work {
    private static final int EXAMPLES = 12_800;
    private static final int BATCH = 64;
    private static final double RATE = 1e-3;
    private static final double LEAST = 0.85;

    private final boolean bf16;
    private final Dataset data =
            Mnist.train(Main.root().resolve("../shared/data/mnist").normalize()).take(EXAMPLES);
    private final Model model;
    private final Optional<Peers.Rival> rival;

    MlpEpoch(boolean bf16) {
        this.bf16 = bf16;
        model = model();
        Peers.Training training = Networks.training(
                model,
                data.features().cast(DType.F32).toFloatArray(),
                data.labels().cast(DType.F32).toFloatArray(),
                BATCH,
                Peers.Training.Rule.CLASSES_ADAM,
                RATE,
                bf16);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.train(training));
    }

    private Model model() {
        Model network = Sequential.of(dense(512).relu(), dense(256).relu(), dense(10));
        network.seed(1);
        network.precision(bf16 ? Precision.bf16() : Precision.f32());
        network.initialize(784);
        return network.compile(adam(RATE), sparseCategoricalCrossentropy(), accuracy());
    }

    @Override
    public void run() {
        model.fit(data, FitOptions.epochs(1).batchSize(BATCH));
    }

    @Override
    public Unit unit() {
        return Unit.rate("samples/s", EXAMPLES);
    }

    @Override
    public void check() {
        Networks.same(model(), data, BATCH, rival, bf16 ? 2e-2 : 2e-3);
        run();
        double reached = model.evaluate(data).metric("accuracy");
        Check.that(reached > LEAST, "mnist: expected an accuracy above " + LEAST + " after an epoch, got " + reached);
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
