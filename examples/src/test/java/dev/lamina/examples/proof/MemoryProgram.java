package dev.lamina.examples.proof;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.core.Gradients;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.memory.Memory;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import dev.lamina.nn.Progress;
import dev.lamina.nn.Sequential;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/** Predicts and trains for long and prints, ten times in each phase: phase, resident bytes, live native bytes, live heap. */
final class MemoryProgram {
    private static final int WIDTH = 20;
    private static final int BATCH = 32;
    private static final int BATCHES = 100;
    private static final int LINES = 10;
    private static final long PAGE = 4096;

    private final Model model =
            Sequential.of(dense(64).relu(), dropout(0.1), dense(64).relu(), dense(1));
    private final Tensor features =
            Random.seed(1).normal(Shape.of(BATCH * BATCHES, WIDTH)).evaluate();
    private final Dataset data = Dataset.of(features, features.sumKeep(1).sin().evaluate());
    private double checksum;

    private MemoryProgram() {
        model.compile(adam(1e-3), mse());
        model.initialize(WIDTH);
    }

    /** Arguments: how many predictions, and how many steps of each kind. */
    public static void main(String[] arguments) {
        MemoryProgram program = new MemoryProgram();
        int predictions = Integer.parseInt(arguments[0]);
        int steps = Integer.parseInt(arguments[1]);
        phase("predict", predictions, program::predict);
        phase("loop", steps, program::step);
        program.fit(steps);
        if (!Double.isFinite(program.checksum)) {
            throw new IllegalStateException("checksum " + program.checksum);
        }
    }

    private static void phase(String name, int count, IntConsumer body) {
        for (int i = 0; i < count; i++) {
            body.accept(i);
            if ((i + 1) % (count / LINES) == 0) {
                print(name);
            }
        }
    }

    private void predict(int i) {
        float[] example = new float[WIDTH];
        example[i % WIDTH] = i;
        checksum += model.predict(Tensor.of(example, 1, WIDTH)).item();
    }

    private void step(int i) {
        int from = i % BATCHES * BATCH;
        Tensor x = data.features().narrow(0, from, BATCH);
        Tensor y = data.labels().narrow(0, from, BATCH);
        checksum += model.training(() -> {
            Tensor loss = model.loss().of(model.apply(x), y);
            model.optimizer().step(Gradients.of(loss, model.parameters()));
            return loss.item();
        });
    }

    private void fit(int steps) {
        Callback printing = new Callback() {
            private int done;

            @Override
            public void onBatchEnd(Progress progress) {
                if (++done % (steps / LINES) == 0) {
                    print("fit");
                }
            }
        };
        model.fit(data, FitOptions.epochs(steps / BATCHES).batchSize(BATCH).callbacks(printing));
    }

    private static void print(String phase) {
        Runtime runtime = Runtime.getRuntime();
        System.out.println(phase + " " + resident() + " " + Memory.shared().live() + " "
                + (runtime.totalMemory() - runtime.freeMemory()));
    }

    /** The second number of statm counts resident pages. */
    private static long resident() {
        try {
            return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1]) * PAGE;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
