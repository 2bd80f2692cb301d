package dev.lamina.bench;

import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;

/** Training steps of the small network in a loop of the user's own: each builds its graph anew and finds its plan. */
final class HandStep implements Work {
    private static final int STEPS = 100;

    private final Tensor x = FitStep.batch(SmallModel.features(), 0);
    private final Tensor y = FitStep.batch(SmallModel.targets(SmallModel.features()), 0);
    private final Model model = SmallModel.model();

    @Override
    public void run() {
        for (int i = 0; i < STEPS; i++) {
            step(model);
        }
    }

    private Tensor step(Model trained) {
        Tensor loss = trained.loss().of(trained.apply(x), y);
        trained.optimizer().step(Gradients.of(loss, trained.parameters()));
        return loss;
    }

    @Override
    public Unit unit() {
        return Unit.cost("us/step", 1e6 / STEPS);
    }

    @Override
    public void check() {
        Main.on("cpu", this::learns);
        step(model);
        long compiled = Plan.compiledCount();
        step(model);
        Check.that(Plan.compiledCount() == compiled, "a second step compiles again");
    }

    /** Ten steps by hand have the losses of ten epochs of one batch in {@code fit}. */
    private void learns() {
        Model byHand = SmallModel.model();
        Model inFit = SmallModel.model();
        Dataset batch = Dataset.of(x, y);
        for (int i = 0; i < 10; i++) {
            double expected = inFit.fit(batch, FitOptions.epochs(1).batchSize(SmallModel.BATCH))
                    .epochs()
                    .getFirst()
                    .value("loss");
            Check.close("loss of step " + i, expected, step(byHand).item(), 1e-4);
        }
    }
}
