package dev.lamina.examples.proof;

import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Layers.lstm;
import static dev.lamina.nn.Layers.reshape;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Precision;
import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.data.Mnist;
import dev.lamina.nn.Callback;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Progress;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Learns the digits and prints a hash of each variable. {@code train} does all epochs; {@code killed FILE} saves after half of
 * them and dies in the middle of the next; {@code resume FILE} does the rest; {@code mnist FOLDER} does one epoch, and then some
 * hundred steps on MNIST with products in f32 and in bf16, and some of recurrent layers on the rows of the images.
 *
 * <p>The network is wide enough for products, updates, sums over columns and sums over everything to be cut into parts for
 * several threads.
 */
final class BitsProgram {
    private static final int EPOCHS = 4;
    private static final int BATCH = 192;
    private static final int IMAGES = 64;
    private static final Dataset DATA = Digits.train();

    private BitsProgram() {}

    /** The first argument says what to do. */
    public static void main(String[] arguments) {
        Model model = Sequential.of(
                dense(256).relu(), dropout(0.2), dense(1024).l2(1e-5), batchNorm(), dropout(0.1), dense(10));
        model.compile(adam(2e-3), sparseCategoricalCrossentropy(), accuracy());
        switch (arguments[0]) {
            case "train" -> fit(model, EPOCHS);
            case "killed" -> fit(model, EPOCHS, new DiesInTheThirdEpoch(Path.of(arguments[1])));
            case "resume" -> {
                model.initialize(64).resume(Path.of(arguments[1]));
                fit(model, EPOCHS - model.trainedEpochs());
            }
            case "mnist" -> {
                fit(model, 1);
                Dataset images = Mnist.train(Path.of(arguments[1]));
                mnist(wide(), images.take(200 * IMAGES), Precision.f32());
                mnist(wide(), images.take(100 * IMAGES), Precision.bf16());
                Model rows = Sequential.of(reshape(28, 28), lstm(40).returnSequences(), gru(24), dense(10));
                mnist(rows, images.take(20 * IMAGES + 7), Precision.f32());
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        print(model);
    }

    private static Model wide() {
        return Sequential.of(dense(512).relu(), dense(256).relu(), dense(10));
    }

    private static void mnist(Model model, Dataset images, Precision precision) {
        model.precision(precision);
        model.compile(adam(1e-3), sparseCategoricalCrossentropy(), accuracy());
        model.fit(images, FitOptions.epochs(1).batchSize(IMAGES).seed(3));
        print(model);
    }

    private static void print(Model model) {
        model.variables().forEach((name, variable) -> {
            byte[] bytes = variable.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            System.out.println(name + " " + hash(bytes));
        });
    }

    private static void fit(Model model, int epochs, Callback... callbacks) {
        model.fit(DATA, FitOptions.epochs(epochs).batchSize(BATCH).seed(5).callbacks(callbacks));
    }

    static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Saves after each epoch, until the process ends without warning. */
    private record DiesInTheThirdEpoch(Path file) implements Callback {
        static final int EXIT_CODE = 9;

        @Override
        public void onBatchEnd(Progress progress) {
            if (progress.epoch() == 3 && progress.batch() == 2) {
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }

        @Override
        public void onEpochEnd(Progress progress) {
            progress.model().save(file);
        }
    }
}
