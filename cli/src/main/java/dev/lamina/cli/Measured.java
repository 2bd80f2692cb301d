package dev.lamina.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.metrics.ConfusionMatrix;

/**
 * What a model does on the test examples.
 *
 * @param result loss and accuracy
 * @param confusion which class was taken for which
 * @param seconds that the loss and accuracy took
 */
record Measured(Evaluation result, ConfusionMatrix confusion, double seconds) {
    /** Measures a compiled model. */
    static Measured of(Model model, Dataset test, int classes) {
        long start = System.nanoTime();
        Evaluation result = model.evaluate(test);
        double seconds = (System.nanoTime() - start) * 1e-9;
        Tensor scores = model.predict(test);
        return new Measured(result, ConfusionMatrix.of(classes, test.labels(), scores), seconds);
    }

    double accuracy() {
        return result.metric("accuracy");
    }

    /** Text for people. */
    void print(Console console) {
        console.line("test accuracy %.4f, test loss %.4f (%,d examples)", accuracy(), result.loss(), result.examples());
        console.print("\n" + confusion + "\n");
    }

    void addTo(JsonObject json) {
        json.addProperty("test_accuracy", accuracy());
        json.addProperty("test_loss", result.loss());
    }

    /** Rows are true classes, columns predictions. */
    JsonArray confusionJson() {
        JsonArray rows = new JsonArray();
        for (long[] counts : confusion.counts()) {
            JsonArray row = new JsonArray();
            for (long count : counts) {
                row.add(count);
            }
            rows.add(row);
        }
        return rows;
    }

    /** Seconds with three decimals, rates with one: enough, and short to read. */
    static double rounded(double value, double unit) {
        return Math.round(value / unit) / (1 / unit);
    }
}
