package dev.lamina.examples;

import static dev.lamina.nn.Layers.dense;

import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a small service does when it starts: loads a model and answers. {@code FirstPrediction FILE} writes the model first if the file
 * is not there. See README.md for the AOT cache that makes it start quickly.
 */
public final class FirstPrediction {
    private FirstPrediction() {}

    /** The argument is the model's file. */
    public static void main(String[] arguments) {
        Path file = Path.of(arguments[0]);
        if (!Files.exists(file)) {
            Model fresh = Sequential.of(dense(10).softmax());
            fresh.initialize(784);
            fresh.save(file);
        }
        Model model = Model.load(file);
        System.out.println(
                model.predict(Random.seed(1).uniform(Shape.of(1, 784))).argmax(1));
    }
}
