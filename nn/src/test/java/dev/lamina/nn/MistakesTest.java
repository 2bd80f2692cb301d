package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.embedding;
import static dev.lamina.nn.Layers.input;
import static dev.lamina.nn.Layers.multiHeadAttention;
import static dev.lamina.nn.Layers.reshape;
import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.categoricalCrossentropy;
import static dev.lamina.nn.Losses.ctc;
import static dev.lamina.nn.Losses.klDivergence;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.nll;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.topKAccuracy;
import static dev.lamina.nn.Optimizers.adadelta;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Optimizers.lamb;
import static dev.lamina.nn.Optimizers.muon;
import static dev.lamina.nn.Optimizers.rmsprop;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What beginners get wrong: each message says what was expected, what came, where, and what to do, in one line. */
class MistakesTest {
    private static final Tensor X = Tensor.ones(8, 4);
    private static final Tensor LABELS = Tensor.of(new long[] {0, 1, 2, 0, 1, 2, 0, 1});
    private final Map<String, Executable> mistakes = new LinkedHashMap<>();

    private void message(String message, Executable mistake) {
        mistakes.put(message, mistake);
    }

    private void check() {
        List<String> wrong = new ArrayList<>();
        mistakes.forEach((expected, mistake) -> {
            String got = assertThrows(LaminaException.class, mistake, expected).getMessage();
            if (!got.equals(expected)) {
                wrong.add("expected " + expected + "\ngot      " + got);
            }
        });
        assertEquals("", String.join("\n", wrong));
    }

    private static Model mlp() {
        return Sequential.of(dense(5).relu(), dense(3));
    }

    private static void fit(Model model, Loss loss, Tensor targets, Metric... metrics) {
        model.compile(adam(1e-3), loss, metrics);
        model.fit(Dataset.of(X, targets), epochs(1).batchSize(4));
    }

    @Test
    void targetsThatDoNotSuitTheLoss() {
        Tensor answers = LABELS.clamp(0, 1).toF32().evaluate();
        message(
                "mse: expected targets of the shape of the predictions (4, 3), got (4,); for labels use"
                        + " sparseCategoricalCrossentropy(), or oneHot(3)",
                () -> fit(mlp(), mse(), LABELS));
        message(
                "categoricalCrossentropy: expected targets of the shape of the predictions (4, 3), got (4,); for labels"
                        + " use sparseCategoricalCrossentropy(), or oneHot(3)",
                () -> fit(mlp(), categoricalCrossentropy(), LABELS));
        message(
                "sparseCategoricalCrossentropy: expected integer labels (4,), got f32 (4,); cast them to DType.I64, or"
                        + " use categoricalCrossentropy() for probabilities",
                () -> fit(mlp(), sparseCategoricalCrossentropy(), LABELS.toF32()));
        message(
                "fit: expected labels from 0 to 2, as the model has 3 outputs, got 3 in row 2; correct the label, or"
                        + " give the last layer more units",
                () -> fit(mlp(), sparseCategoricalCrossentropy(), LABELS.add(1)));
        message(
                "fit: expected targets from 0 to 1 for binaryCrossentropy, got 5.0 in row 1; scale them, or use a loss"
                        + " of other numbers, such as mse()",
                () -> fit(Sequential.of(dense(1), reshape()), binaryCrossentropy(), LABELS.mul(5)));
        message(
                "fit: expected targets from 0 to 1 for klDivergence, got -1.0 in row 0; scale them, or use a loss of"
                        + " other numbers, such as mse()",
                () -> fit(Sequential.of(dense(1, Activation.SIGMOID), reshape()), klDivergence(), answers.sub(1)));
        message(
                "binaryCrossentropy: expected targets of the shape of the predictions (4, 1), got (4,); add the last"
                        + " axis to the targets with unsqueeze(-1), or end the model in reshape()",
                () -> fit(Sequential.of(dense(1)), binaryCrossentropy(), answers));
        check();
    }

    @Test
    void outputsThatDoNotSuitTheLoss() {
        message(
                "binaryCrossentropy: expected scores (logits), got the output of sigmoid; write"
                        + " binaryCrossentropy().fromProbabilities(), or leave the sigmoid out of the model",
                () -> fit(
                        Sequential.of(dense(1, Activation.SIGMOID), reshape()),
                        binaryCrossentropy(),
                        LABELS.clamp(0, 1).toF32()));
        String zeros = "nll: expected logarithms of probabilities, at most 0, got 1.0 from the model; end the model in"
                + " logSoftmax, or use sparseCategoricalCrossentropy() for scores";
        message(
                zeros,
                () -> fit(Sequential.of(dense(3).kernelInitializer(Initializers.constant(0.25))), nll(), LABELS));
        message(
                "top5Accuracy: expected predictions of 5 or more classes, got (4, 3); ask for fewer, every label is"
                        + " among these",
                () -> fit(mlp(), sparseCategoricalCrossentropy(), LABELS, topKAccuracy(5)));
        message(
                "sparseCategoricalCrossentropy: expected a class weight of 0 or more, got -2.0; 1 is a usual start",
                () -> sparseCategoricalCrossentropy().classWeights(1, -2, 1));
        Model spoken = Sequential.of(reshape(2, 2), dense(3)).compile(sgd(0.01), ctc());
        Dataset longer = Dataset.of(X, Tensor.of(new long[24], 8, 3).add(1));
        message(
                "fit: expected a finite loss, got Infinity in epoch 1, batch 1; all variables are still finite, so an"
                        + " example has no finite loss (in ctc, labels longer than the steps); lower the learning rate"
                        + " (now 0.01), clip gradients with clipNorm(1), or scale the features",
                () -> spoken.fit(longer, epochs(1)));
        check();
        fit(Sequential.of(dense(3), Layers.activation(Activation.LOG_SOFTMAX)), nll(), LABELS);
    }

    @Test
    void optionsOutOfRange() {
        message("sgd: expected a momentum from 0 to below 1, got 2.0; 0.9 is usual", () -> sgd(0.1).momentum(2));
        message(
                "adam: expected an epsilon above 0, got -1.0; 1.0E-8 is usual",
                () -> adam(0.1).epsilon(-1));
        message(
                "adam: expected a beta2 from 0 to below 1, got 1.0; 0.999 is usual",
                () -> adam(0.1).betas(0.9, 1));
        message(
                "rmsprop: expected a momentum from 0 to below 1, got -1.0; 0.9 is usual",
                () -> rmsprop(0.1).momentum(-1));
        message(
                "adadelta: expected a rho from 0 to below 1, got 2.0; 0.9 is usual",
                () -> adadelta(0.1).rho(2));
        message(
                "lamb: expected a beta1 from 0 to below 1, got NaN; 0.9 is usual",
                () -> lamb(0.1).betas(Double.NaN, 0.9));
        message(
                "muon: expected a beta2 from 0 to below 1, got 1.5; 0.999 is usual",
                () -> muon(0.1).betas(0.9, 1.5));
        message(
                "optimizer: expected a learning rate of 0 or more, got -0.001; 1e-3 is a usual start",
                () -> adam(-1e-3));
        check();
    }

    @Test
    void dataThatDoNotSuitTheModel() {
        Wire a = input("a", 4);
        Wire b = input("b", 4);
        Model two = Model.of(List.of(a, b), List.of(Layers.add().apply(a, b).then(dense(3))));
        message(
                "network: expected a field 'a' for the input 'a', got [features f32 (4,), labels i64 ()]; give fields of"
                        + " data sets and inputs the same names",
                () -> fit(two, sparseCategoricalCrossentropy(), LABELS));
        message(
                "network: expected the inputs [a, b], got [a]; pass a tensor for each of these names",
                () -> two.predict(Map.of("a", X)));
        message(
                "sequential/dense_1 (input (1, 0)): dense: expected one or more features, got (1, 0); feed examples with"
                        + " some",
                () -> mlp().predict(new float[0]));
        Model model = mlp();
        model.predict(X);
        message(
                "sequential/dense_1 (input (2, 5)): dense: expected inputs (..., 4), got (2, 5); feed examples with as"
                        + " many features as at the first use",
                () -> model.predict(Tensor.ones(2, 5)));
        message(
                "embedding: expected an index from 0 to 4, got 7 at position 1; check labels and token ids against the"
                        + " number of classes or embeddings",
                () -> embedding(5, 2).apply(Tensor.of(new long[] {1, 7})).evaluate());
        message(
                "multi_head_attention (input (2, 5, 4)): multiHeadAttention: expected queries (N, T, C) where 3 heads"
                        + " divide C, got (2, 5, 4); choose another number of heads, or headWidth()",
                () -> multiHeadAttention(3).apply(Tensor.ones(2, 5, 4)));
        check();
    }

    @Test
    void aScheduleThatObservesNothingIsFoundBeforeTheFirstEpoch() {
        Model model = mlp();
        model.compile(adam(1e-3).schedulePerEpoch(Schedules.plateau("val_loss")), sparseCategoricalCrossentropy());
        message(
                "progress: expected one of [loss], got 'val_loss'; compile the model with this metric, or fit with"
                        + " validation data",
                () -> model.fit(Dataset.of(X, LABELS), epochs(1)));
        check();
        assertEquals(0, model.trainedEpochs());
    }

    @Test
    void filesThatAreNone(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.safetensors");
        Model saved = mlp();
        saved.predict(X);
        saved.save(file);
        message(
                file + ": expected a model that was saved with its training, got one that was not compiled; load its"
                        + " variables with loadWeights",
                () -> mlp().compile(adam(1e-3), sparseCategoricalCrossentropy()).resume(file));
        Path none = folder.resolve("none");
        message(none + ": expected a safetensors file, got no file; check the path", () -> Model.load(none));
        check();
        byte[] whole = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = i < 50 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            if (i >= 50) {
                damaged[random.nextInt(900)] = (byte) random.nextInt();
            }
            Path other = folder.resolve("damaged");
            Files.write(other, damaged);
            String what = "seed 5, trial " + i;
            try {
                Model.load(other);
                assertTrue(i >= 50, what + ": a file that is cut off was loaded");
            } catch (LaminaException e) {
                String message = String.valueOf(e.getMessage());
                assertTrue(message.startsWith(other.toString()) && message.contains("expected"), what + ": " + message);
                assertTrue(message.contains(", got "), what + ": " + message);
            }
        }
    }
}
