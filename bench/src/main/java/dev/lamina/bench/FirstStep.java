package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Gradients;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;

/** Trace, compile and first run of the training step of 784-512-256-10 in a JVM that has done nothing before. */
final class FirstStep implements Work {
    private static final int BATCH = 64;

    private final Child child;

    private FirstStep(Child child) {
        this.child = child;
    }

    private static Child child() {
        return new Child(Child.ours(), FirstStep.class.getName());
    }

    static FirstStep plain() {
        return new FirstStep(child());
    }

    static FirstStep archived() {
        return new FirstStep(child().archived("first-step"));
    }

    /** The process: prints the loss and the seconds of the step. The parameters are made before. */
    public static void main(String[] args) {
        Model model = Sequential.of(dense(512).relu(), dense(256).relu(), dense(10));
        model.compile(adam(1e-3), sparseCategoricalCrossentropy());
        model.initialize(784);
        Tensor x = Tensor.of(new float[BATCH * 784], BATCH, 784);
        Tensor y = Tensor.of(new long[BATCH], BATCH);
        long start = System.nanoTime();
        Tensor loss = model.loss().of(model.apply(x), y);
        model.optimizer().step(Gradients.of(loss, model.parameters()));
        double value = loss.item();
        System.out.println(value + " " + (System.nanoTime() - start) * 1e-9);
    }

    @Override
    public void run() {
        child.run();
    }

    @Override
    public Unit unit() {
        return Unit.cost("ms", 1e3);
    }

    @Override
    public double sample(int runs) {
        return child.run()[1];
    }

    /** All inputs are 0, so all classes are as likely. */
    @Override
    public void check() {
        Check.close("loss of the first step", Math.log(10), child.run()[0], 1e-5);
    }

    @Override
    public double warmUp() {
        return 0;
    }
}
