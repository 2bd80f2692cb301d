package dev.lamina.bench;

import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
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

    private void learns() {
        Model fresh = SmallModel.model();
        PlainMlp peer = SmallModel.plain(fresh);
        for (int i = 0; i < 10; i++) {
            double expected = peer.step(x.toFloatArray(), y.toFloatArray());
            Check.close("loss of step " + i, expected, step(fresh).item(), 1e-4);
        }
    }
}
