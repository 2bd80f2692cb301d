package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.data.Digits;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;

/** The program that README.md shows; a test compares the two. */
public final class ReadmeExample {
    private ReadmeExample() {}

    /** Trains on the handwritten digits that come with Lamina. */
    public static void main(String[] args) {
        // README: begin
        Model model = Sequential.of(dense(256).relu(), dropout(0.3), dense(10));
        model.compile(adam(3e-3), sparseCategoricalCrossentropy(), accuracy());
        model.fit(Digits.train(), epochs(30).batchSize(64).callbacks(ProgressLine.of(System.out, false)));

        System.out.println(model.summary());
        System.out.println(model.evaluate(Digits.test()));

        model.save(Path.of("digits.safetensors"));
        Model same = Model.load(Path.of("digits.safetensors"));
        System.out.println(same.predict(Digits.test().take(5).features()).argmax(1));
        // README: end
    }
}
