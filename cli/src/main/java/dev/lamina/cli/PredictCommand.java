package dev.lamina.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.lamina.core.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@code lamina predict RUN --input FILE}. */
final class PredictCommand implements Command {
    private static final int SHOWN_CLASSES = 3;
    private static final double LEAST_SHOWN = 0.00005;

    @Override
    public String name() {
        return "predict";
    }

    @Override
    public String purpose() {
        return "classify the rows of a CSV file, or an image";
    }

    @Override
    public void describe(Syntax syntax) {
        syntax.word("RUN", "folder that lamina train has written")
                .option(
                        "--input",
                        "FILE",
                        "CSV with one example per row, 0 to 1 or on the scale of the original data "
                                + "(digits 0 to 16, mnist 0 to 255); or a PNG that the digit fills, in ink of any colour")
                .engine()
                .examples(
                        "lamina predict runs/digits-001 --input rows.csv",
                        "lamina predict runs/mnist-001 --input seven.png --json");
    }

    @Override
    public void run(Arguments arguments, Console console) {
        Path folder = Path.of(arguments.required(0, "the folder of a run behind predict"));
        Path file = Path.of(arguments.required("--input", "a CSV or PNG file"));
        RunFolder run = RunFolder.open(folder);
        Engine engine = Engine.start(arguments);
        Tensor examples = InputFile.read(file, run.recipe().input());
        Tensor probabilities = run.model().predict(examples).softmax(-1).evaluate();
        JsonArray predictions = new JsonArray();
        int classes = probabilities.dim(1);
        float[] values = probabilities.toFloatArray();
        for (int row = 0; row < probabilities.dim(0); row++) {
            float[] shares = Arrays.copyOfRange(values, row * classes, (row + 1) * classes);
            console.line("row %d: %s", row + 1, text(shares));
            predictions.add(json(shares));
        }
        JsonObject json = new JsonObject();
        json.addProperty("run", folder.toString());
        json.addProperty("input", file.toString());
        json.addProperty("backend", engine.backend().name());
        json.add("predictions", predictions);
        console.result(json);
    }

    /** For example "class 7, probability 0.9981 (9: 0.0012, 3: 0.0003)"; what rounds to nothing is left out. */
    private static String text(float[] shares) {
        int[] order = order(shares);
        String others = Arrays.stream(order)
                .skip(1)
                .limit(SHOWN_CLASSES - 1)
                .filter(other -> shares[other] >= LEAST_SHOWN)
                .mapToObj(other -> String.format(Locale.ROOT, "%d: %.4f", other, shares[other]))
                .collect(Collectors.joining(", "));
        String best = String.format(Locale.ROOT, "class %d, probability %.4f", order[0], shares[order[0]]);
        return others.isEmpty() ? best : best + " (" + others + ")";
    }

    private static JsonObject json(float[] shares) {
        int best = order(shares)[0];
        JsonObject json = new JsonObject();
        json.addProperty("class", best);
        json.addProperty("probability", shares[best]);
        JsonArray all = new JsonArray();
        for (float share : shares) {
            all.add(share);
        }
        json.add("probabilities", all);
        return json;
    }

    /** Classes by falling probability. */
    private static int[] order(float[] shares) {
        return IntStream.range(0, shares.length)
                .boxed()
                .sorted((a, b) -> Float.compare(shares[b], shares[a]))
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
