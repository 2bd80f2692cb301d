package dev.lamina.testkit;

import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Metrics.balancedAccuracy;
import static dev.lamina.nn.Metrics.brier;
import static dev.lamina.nn.Metrics.cohenKappa;
import static dev.lamina.nn.Metrics.explainedVariance;
import static dev.lamina.nn.Metrics.f1;
import static dev.lamina.nn.Metrics.fBeta;
import static dev.lamina.nn.Metrics.logLoss;
import static dev.lamina.nn.Metrics.matthews;
import static dev.lamina.nn.Metrics.maxError;
import static dev.lamina.nn.Metrics.meanAbsoluteError;
import static dev.lamina.nn.Metrics.meanAbsolutePercentageError;
import static dev.lamina.nn.Metrics.meanSquaredError;
import static dev.lamina.nn.Metrics.medianAbsoluteError;
import static dev.lamina.nn.Metrics.prAuc;
import static dev.lamina.nn.Metrics.precision;
import static dev.lamina.nn.Metrics.r2;
import static dev.lamina.nn.Metrics.recall;
import static dev.lamina.nn.Metrics.rocAuc;
import static dev.lamina.nn.Metrics.rootMeanSquaredError;
import static dev.lamina.nn.Metrics.topKAccuracy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Metric;
import dev.lamina.nn.metrics.ConfusionMatrix;
import dev.lamina.nn.metrics.ConfusionMatrix.Average;
import dev.lamina.nn.metrics.Ranking;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Metrics against scikit-learn's, fed with batches of 7. */
class GoldenMetricsTest {
    private static final double RELATIVE = 1e-9;
    private static final int BATCH = 7;

    /** What is no figure. */
    private static final Set<String> GIVEN = Set.of("name", "y_true", "y_pred", "y_prob", "y_score", "zero_division");

    private static JsonObject file() throws IOException {
        try (Reader reader = Files.newBufferedReader(Shared.path("golden/metrics.json"))) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        }
    }

    @TestFactory
    Stream<DynamicNode> onAllBackends() throws IOException {
        List<DynamicNode> all = new ArrayList<>();
        for (String backend : List.of("interpreter", "tasks", "cpu", "guarded-PLAIN_JAVA")) {
            for (DynamicTest test :
                    Stream.concat(classification(), regression()).toList()) {
                all.add(dynamicTest(
                        test.getDisplayName() + " on " + backend,
                        () -> OnBackend.of(backend, () -> {
                            assertDoesNotThrow(test.getExecutable());
                            return true;
                        })));
            }
        }
        return all.stream();
    }

    private static Stream<DynamicTest> classification() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonElement element : file().getAsJsonArray("classification")) {
            JsonObject entry = element.getAsJsonObject();
            String name = entry.get("name").getAsString();
            ofAnswers(entry)
                    .forEach((key, metric) -> tests.add(dynamicTest(
                            name + " " + key, () -> close(entry, key, over(metric, answers(entry), labels(entry))))));
            ofProbabilities(entry)
                    .forEach((key, metric) -> tests.add(dynamicTest(
                            name + " " + key,
                            () -> close(entry, key, over(metric, probabilities(entry, key), labels(entry))))));
            tests.add(dynamicTest(name + " confusion_matrix", () -> confusion(entry)));
            if (entry.has("roc_curve")) {
                tests.add(dynamicTest(name + " roc_curve", () -> curve(entry)));
            }
            tests.add(dynamicTest(name + " nothing is forgotten", () -> {
                Set<String> left = new TreeSet<>(entry.keySet());
                left.removeIf(key -> entry.get(key).isJsonNull());
                left.removeAll(GIVEN);
                left.removeAll(ofAnswers(entry).keySet());
                left.removeAll(ofProbabilities(entry).keySet());
                left.removeAll(Set.of("confusion_matrix", "f1_per_class", "roc_curve"));
                assertEquals(Set.of(), left);
            }));
        }
        return tests.stream();
    }

    private static Map<String, Metric> ofAnswers(JsonObject entry) {
        Map<String, Metric> metrics = new LinkedHashMap<>();
        metrics.put("accuracy", accuracy());
        metrics.put("balanced_accuracy", balancedAccuracy());
        metrics.put("cohen_kappa", cohenKappa());
        metrics.put("matthews", matthews());
        for (Average average : Average.values()) {
            String suffix = average.name().toLowerCase(Locale.ROOT);
            metrics.put("precision_" + suffix, precision().average(average));
            metrics.put("recall_" + suffix, recall().average(average));
            metrics.put("f1_" + suffix, f1().average(average));
        }
        metrics.put("fbeta2_macro", fBeta(2).average(Average.MACRO));
        metrics.keySet().removeIf(key -> !entry.has(key));
        return metrics;
    }

    private static Map<String, Metric> ofProbabilities(JsonObject entry) {
        Map<String, Metric> metrics = new LinkedHashMap<>();
        metrics.put("log_loss", logLoss());
        metrics.put("top2_accuracy", topKAccuracy(2));
        metrics.put("roc_auc_ovr_macro", rocAuc());
        metrics.put("roc_auc", rocAuc());
        metrics.put("average_precision", prAuc());
        metrics.put("brier", brier());
        metrics.keySet().removeIf(key -> !entry.has(key) || entry.get(key).isJsonNull());
        return metrics;
    }

    private static double over(Metric metric, Tensor prediction, Tensor target) {
        Metric.Total total = metric.total();
        for (int from = 0; from < target.dim(0); from += BATCH) {
            int count = Math.min(BATCH, target.dim(0) - from);
            total.add(prediction.narrow(0, from, count), target.narrow(0, from, count));
        }
        return total.value();
    }

    private static void close(JsonObject entry, String key, double got) {
        double expected = entry.get(key).getAsDouble();
        Measured.note("f64 metric/" + key, Math.abs(got - expected) / Math.max(1, Math.abs(expected)));
        assertEquals(expected, got, 1e-12 + RELATIVE * Math.abs(expected), key);
    }

    private static Tensor labels(JsonObject entry) {
        return Tensor.of(Arrays.stream(numbers(entry.getAsJsonArray("y_true")))
                .mapToLong(v -> (long) v)
                .toArray());
    }

    private static Tensor answers(JsonObject entry) {
        long[] answers = Arrays.stream(numbers(entry.getAsJsonArray("y_pred")))
                .mapToLong(v -> (long) v)
                .toArray();
        return Tensor.of(answers)
                .oneHot(entry.getAsJsonArray("confusion_matrix").size())
                .toF64();
    }

    /** Scores of yes where the figure is one of them, else probabilities of the classes. */
    private static Tensor probabilities(JsonObject entry, String key) {
        if (entry.has("y_score") && !key.equals("log_loss")) {
            return Tensor.of(numbers(entry.getAsJsonArray("y_score")));
        }
        JsonArray rows = entry.getAsJsonArray("y_prob");
        double[] flat = rows.asList().stream()
                .flatMapToDouble(row -> Arrays.stream(numbers(row.getAsJsonArray())))
                .toArray();
        return Tensor.of(flat, rows.size(), flat.length / rows.size());
    }

    private static double[] numbers(JsonArray array) {
        return array.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
    }

    private static void confusion(JsonObject entry) {
        JsonArray rows = entry.getAsJsonArray("confusion_matrix");
        ConfusionMatrix matrix = ConfusionMatrix.of(rows.size(), labels(entry), answers(entry));
        double[] f1 = numbers(entry.getAsJsonArray("f1_per_class"));
        for (int c = 0; c < rows.size(); c++) {
            long[] row = Arrays.stream(numbers(rows.get(c).getAsJsonArray()))
                    .mapToLong(v -> (long) v)
                    .toArray();
            assertArrayEquals(row, matrix.counts()[c]);
            assertEquals(f1[c], matrix.f1(c), RELATIVE);
        }
    }

    private static void curve(JsonObject entry) {
        JsonObject expected = entry.getAsJsonObject("roc_curve");
        double[] truth = numbers(entry.getAsJsonArray("y_true"));
        boolean[] yes = new boolean[truth.length];
        for (int i = 0; i < yes.length; i++) {
            yes[i] = truth[i] > 0;
        }
        Ranking.Points points =
                Ranking.of(numbers(entry.getAsJsonArray("y_score")), yes).points();
        assertArrayEquals(numbers(expected.getAsJsonArray("thresholds_after_first")), points.thresholds(), 1e-12);
        int last = points.thresholds().length - 1;
        double positives = points.truePositives()[last];
        double negatives = points.falsePositives()[last];
        assertArrayEquals(rates(expected, "tpr"), shares(points.truePositives(), positives), RELATIVE);
        assertArrayEquals(rates(expected, "fpr"), shares(points.falsePositives(), negatives), RELATIVE);
    }

    /** The fixture starts with the point (0, 0), before all thresholds. */
    private static double[] rates(JsonObject curve, String name) {
        return Arrays.stream(numbers(curve.getAsJsonArray(name))).skip(1).toArray();
    }

    private static double[] shares(double[] counts, double all) {
        return Arrays.stream(counts).map(v -> v / all).toArray();
    }

    private static Stream<DynamicTest> regression() throws IOException {
        Map<String, Metric> metrics = new LinkedHashMap<>();
        metrics.put("mse", meanSquaredError());
        metrics.put("rmse", rootMeanSquaredError());
        metrics.put("mae", meanAbsoluteError());
        metrics.put("r2", r2());
        metrics.put("explained_variance", explainedVariance());
        metrics.put("median_absolute_error", medianAbsoluteError());
        metrics.put("max_error", maxError());
        metrics.put("mape", meanAbsolutePercentageError());
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonElement element : file().getAsJsonArray("regression")) {
            JsonObject entry = element.getAsJsonObject();
            Set<String> left = new TreeSet<>(entry.keySet());
            left.removeAll(GIVEN);
            assertEquals(metrics.keySet(), left);
            Tensor truth = Tensor.of(numbers(entry.getAsJsonArray("y_true")));
            Tensor guess = Tensor.of(numbers(entry.getAsJsonArray("y_pred")));
            metrics.forEach((key, metric) ->
                    tests.add(dynamicTest(entry.get("name").getAsString() + " " + key, () -> {
                        double got = over(metric, guess, truth);
                        close(entry, key, key.equals("mape") ? got / 100 : got);
                    })));
        }
        return tests.stream();
    }
}
