package dev.lamina.bench.peers;

import dev.lamina.bench.ProcessMemory;
import java.io.IOException;
import java.util.Arrays;
import smile.classification.MLP;
import smile.model.mlp.Layer;
import smile.model.mlp.OutputFunction;

/** The process of row start.predict as Smile does it. */
public final class SmilePrediction {
    private SmilePrediction() {}

    /** Makes a network 784-10-10, as Smile takes none without a hidden layer, predicts once, prints the sum of the probabilities and its memory. */
    public static void main(String[] args) throws IOException {
        MLP network = new MLP(Layer.input(784), Layer.rectifier(10), Layer.mle(10, OutputFunction.SOFTMAX));
        double[] probabilities = new double[10];
        network.predict(new double[784], probabilities);
        System.out.println(Arrays.stream(probabilities).sum() + " " + ProcessMemory.peakMegabytes());
    }
}
