package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Layers.lstm;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.bench.Peers.Recurrence;
import dev.lamina.core.DType;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.util.Optional;
import java.util.Random;

/**
 * Epochs of an embedding 10,000 x 128, a recurrent layer of 128 units and 2 classes with Adam, in fit: 640 sequences of 100 words, the frequent ones
 * more often, in batches of 32. The class of a sequence is whether its last word is a rare one.
 */
final class RecurrentTraining implements Work {
    private static final int WORDS = 10_000;
    private static final int UNITS = 128;
    private static final int EXAMPLES = 640;
    private static final int STEPS = 100;
    private static final int BATCH = 32;
    private static final double RATE = 1e-3;
    private static final int RARE = 625;

    private final Recurrence.Cell cell;
    private final Dataset data = data();
    private final Model model;
    private final Optional<Peers.Rival> rival;

    RecurrentTraining(Recurrence.Cell cell) {
        this.cell = cell;
        model = model();
        Recurrence recurrence = new Recurrence(
                cell,
                model.parameters().stream().map(v -> Networks.values(v.value())).toList(),
                data.features().toIntArray(),
                data.labels().toIntArray(),
                BATCH,
                RATE);
        rival = Peers.ask(Row.LIBTORCH, peers -> peers.recurrence(recurrence));
    }

    private static Dataset data() {
        Random random = new Random(1);
        int[] words = new int[EXAMPLES * STEPS];
        int[] classes = new int[EXAMPLES];
        for (int i = 0; i < words.length; i++) {
            words[i] = (int) (WORDS * Math.pow(random.nextDouble(), 4));
            classes[i / STEPS] = words[i] < RARE ? 0 : 1;
        }
        return Dataset.of(Tensor.of(words, EXAMPLES, STEPS), Tensor.of(classes, EXAMPLES));
    }

    private Model model() {
        Model network = Sequential.of(
                embedding(WORDS, UNITS),
                switch (cell) {
                    case LSTM -> lstm(UNITS);
                    case GRU -> gru(UNITS);
                },
                dense(2));
        network.seed(1);
        network.initialize(DType.I32, Shape.of(STEPS));
        return network.compile(adam(RATE), sparseCategoricalCrossentropy());
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
        Networks.same(model(), data, BATCH, rival, 1e-3);
        run();
        run();
        double reached = model.evaluate(data).loss();
        Check.that(reached < 0.6, "expected a loss below 0.6 after two epochs, got " + reached);
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
