package dev.lamina.bench;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import java.util.Optional;

/** Training steps of the small network in {@code fit}: the batch is copied, the plan replayed, the loss read. */
final class FitStep implements Work {
    private static final int EPOCHS = 20;
    private static final int STEPS = EPOCHS * SmallModel.BATCHES;

    private final boolean empty;
    private final Dataset data = SmallModel.data();
    private final float[] x = data.features().toFloatArray();
    private final float[] y = data.labels().toFloatArray();
    private final Model model;
    private final PlainMlp plain;

    private FitStep(boolean empty) {
        this.empty = empty;
        model = SmallModel.model();
        plain = SmallModel.plain(model);
    }

    /** With kernels that do nothing: what is left is the engine. */
    static FitStep empty() {
        return new FitStep(true);
    }

    /** With the kernels of the backend. */
    static FitStep full() {
        return new FitStep(false);
    }

    @Override
    public void run() {
        model.fit(data, FitOptions.epochs(EPOCHS).batchSize(SmallModel.BATCH));
    }

    @Override
    public Unit unit() {
        return empty ? Unit.cost("us/step", 1e6 / STEPS) : Unit.rate("steps/s", STEPS);
    }

    @Override
    public void check() {
        Main.on("cpu", () -> trainsLikeThePeer());
    }

    /** The losses of an epoch without shuffling are those of the peer. */
    private void trainsLikeThePeer() {
        Model fresh = SmallModel.model();
        PlainMlp peer = SmallModel.plain(fresh);
        double loss = fresh.fit(
                        data, FitOptions.epochs(1).batchSize(SmallModel.BATCH).shuffle(false))
                .epochs()
                .getFirst()
                .value("loss");
        Check.close("loss of the first epoch", epoch(peer), loss, 1e-4);
    }

    @Override
    public Optional<Peer> peer() {
        return empty
                ? Optional.empty()
                : Optional.of(new Peer(
                        "the same step by hand over float[], one thread",
                        Unit.rate("steps/s", SmallModel.BATCHES),
                        () -> epoch(plain)));
    }

    private double epoch(PlainMlp peer) {
        double loss = 0;
        for (int b = 0; b < SmallModel.BATCHES; b++) {
            loss += peer.step(batch(x, b), batch(y, b));
        }
        return loss / SmallModel.BATCHES;
    }

    private static float[] batch(float[] values, int index) {
        int length = values.length / SmallModel.BATCHES;
        return java.util.Arrays.copyOfRange(values, index * length, (index + 1) * length);
    }

    /** One batch of tensors. */
    static Tensor batch(Tensor values, int index) {
        return values.narrow(0, index * SmallModel.BATCH, SmallModel.BATCH).evaluate();
    }
}
