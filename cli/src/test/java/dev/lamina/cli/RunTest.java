package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.Tensor;
import dev.lamina.data.Digits;
import dev.lamina.data.Safetensors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One training with the usual options, and what people do with its folder. */
class RunTest {
    private static final int ROWS = 50;

    @TempDir
    private static Path folder;

    private static Path run;
    private static Cli.Result training;

    @BeforeAll
    static void trains() {
        run = folder.resolve("a run");
        training = Cli.run("train", "digits", "--json", "--seed", "7", "--out", run);
    }

    @Test
    void trainReportsWhatIsAsked() {
        JsonObject json = training.json();
        assertEquals("digits", json.get("recipe").getAsString());
        assertEquals(run.toString(), json.get("out").getAsString());
        assertEquals(7, json.get("seed").getAsLong());
        assertTrue(json.get("test_accuracy").getAsDouble() >= 0.97, training.text());
        assertTrue(json.get("test_loss").getAsDouble() < 0.2, training.text());
        assertTrue(json.get("epochs").getAsInt() > 0 && json.get("seconds").getAsDouble() > 0, training.text());
        double samples = json.get("epochs").getAsInt() * (double) Digits.train().size();
        assertEquals(
                samples / json.get("seconds").getAsDouble(),
                json.get("samples_per_second").getAsDouble(),
                samples / 100);
        assertTrue(json.get("parameters").getAsLong() > 1000, training.text());
        assertTrue(json.has("backend"), training.text());
    }

    @Test
    void withJsonOnlyTheObjectIsOnTheStandardOutput() {
        assertEquals(1, training.out().lines().count(), training.text());
        for (String part : List.of(
                "1,438 examples", "dense_1", "epoch ", "test accuracy 0.9", "true\\predicted", "run folder: ")) {
            assertTrue(training.err().contains(part), () -> "expected '" + part + "' in: " + training.err());
        }
        assertTrue(
                training.err().chars().noneMatch(c -> c == '\r' || c == 0x1b),
                "plain lines where there is no terminal");
    }

    @Test
    void folderHoldsEverything() throws IOException {
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(
                    List.of("config.json", "environment.json", "history.json", "model.json", "model.safetensors"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        JsonObject report = training.json();
        JsonObject config = json("config.json");
        assertEquals("digits", config.get("recipe").getAsString());
        assertEquals(7, config.get("seed").getAsLong());
        JsonObject history = json("history.json");
        assertEquals(
                report.get("epochs").getAsInt(), history.getAsJsonArray("loss").size());
        assertEquals(report.get("test_accuracy"), history.get("test_accuracy"));
        JsonObject environment = json("environment.json");
        for (String key : List.of("lamina", "java", "os", "cpu", "threads", "backend", "memory_limit")) {
            assertTrue(environment.has(key), key + " in " + environment);
        }
        assertEquals("sequential", json("model.json").get("type").getAsString());
        assertTrue(Safetensors.read(run.resolve("model.safetensors")).tensors().containsKey("dense_1/kernel"));
    }

    private static JsonObject json(String file) throws IOException {
        return JsonParser.parseString(Files.readString(run.resolve(file))).getAsJsonObject();
    }

    @Test
    void evaluateMeasuresTheSame() {
        JsonObject report = training.json();
        JsonObject json = Cli.run("evaluate", run, "--json").json();
        assertEquals(
                report.get("test_accuracy").getAsDouble(),
                json.get("test_accuracy").getAsDouble());
        assertEquals(
                report.get("test_loss").getAsDouble(), json.get("test_loss").getAsDouble());
        assertEquals(Digits.test().size(), json.get("examples").getAsLong());
        JsonArray confusion = json.getAsJsonArray("confusion");
        int right = IntStream.range(0, 10)
                .map(i -> confusion.get(i).getAsJsonArray().get(i).getAsInt())
                .sum();
        assertEquals(json.get("test_accuracy").getAsDouble(), right / 359.0, 1e-12);
        Cli.Result text = Cli.run("evaluate", run);
        assertTrue(text.out().startsWith("test accuracy 0.9") && text.err().isEmpty(), text.text());
    }

    @Test
    void summaryShowsLayersAndResult() {
        JsonObject json = Cli.run("summary", run, "--json").json();
        assertEquals(training.json().get("parameters"), json.get("parameters"));
        assertEquals(training.json().get("test_accuracy"), json.get("test_accuracy"));
        assertEquals(
                training.json().get("epochs").getAsInt(),
                json.get("trained_epochs").getAsInt());
        Cli.Result text = Cli.run("summary", run);
        assertTrue(text.out().contains("dense_1") && text.out().contains("options: recipe digits"), text.text());
        assertTrue(text.out().contains("test accuracy 0.9"), text.text());
    }

    // ---------------------------------------------------------------- predict

    @Test
    void predictReadsRowsOnBothScales() throws IOException {
        float[] features = Digits.test().take(ROWS).features().toFloatArray();
        Path scaled = csv("scaled.csv", features, 1);
        Path original = csv("original.csv", features, 16);
        JsonArray predictions =
                Cli.run("predict", run, "--input", scaled, "--json").json().getAsJsonArray("predictions");
        assertEquals(
                predictions,
                Cli.run("predict", run, "--input", original, "--json").json().getAsJsonArray("predictions"));
        assertEquals(ROWS, predictions.size());
        long[] labels = Digits.test().take(ROWS).labels().toLongArray();
        long right = IntStream.range(0, ROWS)
                .filter(i -> answer(predictions.get(i)) == labels[i])
                .count();
        assertTrue(right >= ROWS - 3, right + " of " + ROWS);
        double sum = predictions.get(0).getAsJsonObject().getAsJsonArray("probabilities").asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .sum();
        assertEquals(1, sum, 1e-5);
        Cli.Result text = Cli.run("predict", run, "--input", scaled);
        assertEquals(ROWS, text.out().lines().count());
        String first = "row 1: class " + answer(predictions.get(0)) + ", probability ";
        assertTrue(text.out().startsWith(first), text.text());
    }

    @Test
    void predictReadsImagesInAnyInk() throws IOException {
        float[] features = Digits.test().features().toFloatArray();
        long[] labels = Digits.test().labels().toLongArray();
        for (int inverted = 0; inverted < 2; inverted++) {
            int right = 0;
            for (int row = 0; row < 10; row++) {
                Path file = image("digit" + row + ".dat", features, row, inverted == 1);
                JsonObject json =
                        Cli.run("predict", run, "--input", file, "--json").json();
                right += answer(json.getAsJsonArray("predictions").get(0)) == labels[row] ? 1 : 0;
            }
            assertTrue(right >= 9, right + " of 10, inverted " + inverted);
        }
    }

    private static int answer(JsonElement prediction) {
        return prediction.getAsJsonObject().get("class").getAsInt();
    }

    private static Path csv(String name, float[] values, float scale) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            text.append(String.format(Locale.ROOT, "%s%s", values[i] * scale, (i + 1) % 64 == 0 ? "\n" : ","));
        }
        return Files.writeString(folder.resolve(name), text);
    }

    /** A PNG of 80x80 pixels; the name does not say so. */
    private static Path image(String name, float[] features, int row, boolean light) throws IOException {
        BufferedImage image = new BufferedImage(80, 80, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < 80; y++) {
            for (int x = 0; x < 80; x++) {
                int ink = Math.round(features[row * 64 + y / 10 * 8 + x / 10] * 255);
                image.getRaster().setSample(x, y, 0, light ? ink : 255 - ink);
            }
        }
        Path file = folder.resolve(name);
        ImageIO.write(image, "png", file.toFile());
        return file;
    }

    // ---------------------------------------------------------------- bad input

    @Test
    void predictRefusesWrongFiles() throws IOException {
        predictFails("none.csv", "expected a CSV or PNG file, got no file");
        predictFails(".", "got a folder");
        predictFails(text("short.csv", "1,2,3\n"), "short.csv: expected 64 values in each line, got 3 in line 1");
        predictFails(
                text("labelled.csv", "0,".repeat(64) + "7\n"), "expected 64 values in each line, got 65 in line 1");
        predictFails(text("ragged.csv", row("0") + row("0").substring(2)), "expected 64 cells in line 2", "got 63");
        predictFails(text("words.csv", row("0") + row("x")), "line 2, column 1", "'x'");
        predictFails(text("nan.csv", row("0") + row("NaN")), "line 2, column 1", "'NaN'");
        predictFails(text("large.csv", row("17")), "expected values from 0 to 1, or from 0 to 16, got 17.0 to 17.0");
        predictFails(text("negative.csv", row("-1")), "got -1.0 to -1.0");
        predictFails(text("empty.csv", ""), "empty.csv: expected");
        predictFails(text("broken.png", "\u0089PNG\r\n"), "broken.png: expected an image file");
    }

    private static void predictFails(String file, String... parts) {
        Cli.assertFails(Cli.run("predict", run, "--input", folder.resolve(file)), 1, parts);
    }

    private static String row(String value) {
        return (value + ",").repeat(63) + value + "\n";
    }

    private static String text(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content, java.nio.charset.StandardCharsets.ISO_8859_1);
        return name;
    }

    @Test
    void damagedRunsAreRefused() throws IOException {
        for (String command : List.of("evaluate", "summary")) {
            Cli.assertFails(
                    Cli.run(command, folder.resolve("nowhere")), 1, "expected the folder of a run, got no such folder");
            Cli.assertFails(Cli.run(command, folder), 1, "got one without model.safetensors and config.json");
            Cli.assertFails(Cli.run(command, run.resolve("config.json")), 1, "got a file");
            byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
            Cli.assertFails(
                    Cli.run(command, damaged("cut", Arrays.copyOf(model, model.length / 2), "")),
                    1,
                    "model.safetensors: ");
            Cli.assertFails(Cli.run(command, damaged("none", new byte[0], "")), 1, "model.safetensors: ");
            byte[] oversized = model.clone();
            Arrays.fill(oversized, 0, 7, (byte) 0xff);
            Cli.assertFails(Cli.run(command, damaged("header", oversized, "")), 1, "model.safetensors: ");
            Cli.assertFails(
                    Cli.run(command, damaged("text", model, "no json")), 1, "config.json: expected a JSON object");
            Cli.assertFails(Cli.run(command, damaged("list", model, "[1]")), 1, "config.json: expected a JSON object");
            Cli.assertFails(
                    Cli.run(command, damaged("other", model, "{}")), 1, "config.json: expected a text under 'recipe'");
            Cli.assertFails(
                    Cli.run(command, damaged("future", model, "{\"recipe\":\"resnet\"}")),
                    1,
                    "recipe among digits, mnist");
        }
    }

    /** A run with this model file and, if it is not empty, this config. */
    private static Path damaged(String name, byte[] model, String config) throws IOException {
        Path copy = folder.resolve("damaged-" + name);
        Files.createDirectories(copy);
        Files.write(copy.resolve("model.safetensors"), model);
        Files.writeString(
                copy.resolve("config.json"), config.isEmpty() ? Files.readString(run.resolve("config.json")) : config);
        return copy;
    }

    @Test
    void weightsOfAnotherModelAreRefused() throws IOException {
        Safetensors content = Safetensors.read(run.resolve("model.safetensors"));
        java.util.Map<String, Tensor> tensors = new java.util.HashMap<>(content.tensors());
        tensors.put("dense_1/kernel", Tensor.zeros(3, 3));
        Path copy = damaged("shapes", new byte[0], "");
        Safetensors.write(copy.resolve("model.safetensors"), tensors, content.metadata());
        Cli.assertFails(Cli.run("evaluate", copy), 1, "dense_1/kernel", "(3, 3)");
    }
}
