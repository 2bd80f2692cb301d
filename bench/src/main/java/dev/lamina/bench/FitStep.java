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

    private final String library;
    private final Dataset data = SmallModel.data();
    private final Model model = SmallModel.model();
    private final Optional<Peers.Rival> rival;

    private FitStep(String library) {
        this.library = library;
        rival = library.isEmpty() ? Optional.empty() : Peers.ask(library, peers -> peers.train(SmallModel.training()));
    }

    /** With kernels that do nothing: what is left is the engine. */
    static FitStep empty() {
        return new FitStep("");
    }

    /** With the kernels of the backend, against a library. */
    static FitStep against(String library) {
        return new FitStep(library);
    }

    @Override
    public void run() {
        model.fit(data, FitOptions.epochs(EPOCHS).batchSize(SmallModel.BATCH));
    }

    @Override
    public Unit unit() {
        return library.isEmpty() ? Unit.cost("us/step", 1e6 / STEPS) : Unit.rate("steps/s", STEPS);
    }

    @Override
    public void check() {
        // Smile sums the squared errors of a batch in another way, so its losses are its own.
        Optional<Peers.Rival> same = rival.filter(other -> !library.equals(Row.SMILE));
        Main.on("cpu", () -> Networks.same(SmallModel.model(), data, SmallModel.BATCH, same, 1e-4));
    }

    @Override
    public Optional<Peer> peer() {
        return rival.map(other -> Peer.of(other, Unit.rate("steps/s", SmallModel.BATCHES)));
    }

    /** One batch of tensors. */
    static Tensor batch(Tensor values, int index) {
        return values.narrow(0, index * SmallModel.BATCH, SmallModel.BATCH).evaluate();
    }
}
