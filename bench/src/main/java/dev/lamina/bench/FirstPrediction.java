package dev.lamina.bench;

import static dev.lamina.nn.Layers.dense;

import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.io.IOException;
import java.util.Optional;

/** A process that makes a network 784-10 and predicts once: its time from start to end, or the most memory it had. */
final class FirstPrediction implements Work {
    private final boolean memory;
    private final Child ours;
    private final Optional<Child> theirs;

    private FirstPrediction(boolean memory) {
        this.memory = memory;
        ours = new Child(Child.ours(), FirstPrediction.class.getName()).archived("first-prediction");
        theirs = Peers.library(Row.SMILE)
                .flatMap(Peers::firstPrediction)
                .map(main -> new Child(System.getProperty("java.class.path"), main).archived("first-prediction-peer"));
    }

    static FirstPrediction time() {
        return new FirstPrediction(false);
    }

    static FirstPrediction memory() {
        return new FirstPrediction(true);
    }

    /** The process: prints the sum of the ten probabilities and its memory. */
    public static void main(String[] args) throws IOException {
        Model model = Sequential.of(dense(10).softmax());
        float sum = 0;
        for (float probability : model.predict(new float[784])) {
            sum += probability;
        }
        System.out.println(sum + " " + ProcessMemory.peakMegabytes());
    }

    @Override
    public void run() {
        ours.run();
    }

    @Override
    public Unit unit() {
        return memory ? Unit.cost("MB", 1) : Unit.cost("s", 1);
    }

    @Override
    public double sample(int runs) {
        return memory ? megabytes(ours) : Work.seconds(this::run, runs) / runs;
    }

    private static double megabytes(Child child) {
        return child.run()[1];
    }

    @Override
    public void check() {
        Check.close("sum of probabilities", 1, ours.run()[0], 1e-5);
    }

    @Override
    public Optional<Peer> peer() {
        return theirs.map(child -> new Peer(
                Row.SMILE,
                unit(),
                child::run,
                runs -> memory ? megabytes(child) : Work.seconds(child::run, runs) / runs));
    }

    @Override
    public double warmUp() {
        return 0;
    }
}
