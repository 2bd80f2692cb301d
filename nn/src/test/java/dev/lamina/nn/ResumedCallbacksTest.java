package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A training that was killed goes on as the unbroken one: its callbacks too. */
class ResumedCallbacksTest {
    private static final int EPOCHS = 30;

    private static Model net() {
        Model model = Sequential.of(dense(16).tanh(), dense(3));
        model.seed(3);
        model.compile(
                adam(0.3)
                        .average(Averaging.ema(0.8))
                        .schedulePerEpoch(Schedules.plateau("val_loss").patience(1)),
                sparseCategoricalCrossentropy(),
                accuracy());
        return model;
    }

    /** Saves after each epoch; the process "dies" in one. */
    private record Saver(Path file, int dies) implements Callback {
        @Override
        public void onEpochEnd(Progress progress) {
            progress.model().save(file);
        }

        @Override
        public void onBatchEnd(Progress progress) {
            if (progress.epoch() == dies && progress.batch() == 2) {
                throw new IllegalStateException("killed");
            }
        }
    }

    private static FitOptions options(int epochs, Callback... callbacks) {
        return epochs(epochs)
                .batchSize(8)
                .seed(5)
                .validation(Data.clusters(30, 2))
                .callbacks(callbacks);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 6})
    void earlyStoppingGoesOn(int dies, @TempDir Path folder) {
        Path file = folder.resolve("run.safetensors");
        EarlyStopping own = EarlyStopping.on("val_loss").patience(3).restoreBest();
        Model whole = net();
        whole.fit(Data.clusters(40, 1), options(EPOCHS, own));
        assertTrue(
                whole.trainedEpochs() >= dies && whole.trainedEpochs() < EPOCHS,
                "stops after " + whole.trainedEpochs());

        Model killed = net();
        FitOptions first = options(
                EPOCHS,
                new Saver(file, dies),
                EarlyStopping.on("val_loss").patience(3).restoreBest());
        assertThrows(IllegalStateException.class, () -> killed.fit(Data.clusters(40, 1), first));
        for (Model again : new Model[] {Model.load(file), net()}) {
            if (!again.isBuilt()) {
                again.resume(file);
            }
            assertEquals(dies - 1, again.trainedEpochs());
            EarlyStopping other = EarlyStopping.on("val_loss").patience(3).restoreBest();
            again.fit(Data.clusters(40, 1), options(EPOCHS - again.trainedEpochs(), other));
            assertEquals(whole.trainedEpochs(), again.trainedEpochs());
            assertEquals(own.best(), other.best());
            assertEquals(own.bestEpoch(), other.bestEpoch());
            assertArrayEquals(FitTest.flat(whole), FitTest.flat(again));
            assertArrayEquals(whole.averaged(() -> FitTest.flat(whole)), again.averaged(() -> FitTest.flat(again)));
        }
    }

    /** Counts epochs over the life of a run. */
    private static final class Counter implements Callback {
        private double epochs;

        @Override
        public void onTrainBegin(Progress progress) {
            epochs = 0;
        }

        @Override
        public void onEpochEnd(Progress progress) {
            epochs++;
        }

        @Override
        public Map<String, Tensor> state() {
            return Map.of("epochs", Tensor.scalar(epochs));
        }

        @Override
        public void restore(Map<String, Tensor> state) {
            epochs = state.get("epochs").item();
        }
    }

    @Test
    void callbacksOfYourOwnToo(@TempDir Path folder) {
        Path file = folder.resolve("run.safetensors");
        Model killed = net();
        assertThrows(
                IllegalStateException.class,
                () -> killed.fit(Data.clusters(40, 1), options(5, new Saver(file, 4), new Counter())));
        Model again = Model.load(file);
        Counter counter = new Counter();
        again.fit(Data.clusters(40, 1), options(2, counter));
        assertEquals(5, counter.epochs);
        again.save(file);
        Model third = Model.load(file);
        third.fit(Data.clusters(40, 1), options(1, counter));
        assertEquals(1, counter.epochs, "a training that ended leaves nothing to resume");
        String message = assertThrows(
                        LaminaException.class,
                        () -> third.fit(
                                Data.clusters(40, 1), options(1, new Saver(file, 9), new Counter(), new Counter())))
                .getMessage();
        assertTrue(message.contains("'Counter' twice"), message);
    }

    @Test
    void aSavedStateIsNoVariable(@TempDir Path folder) {
        Path file = folder.resolve("run.safetensors");
        net().fit(
                        Data.clusters(40, 1),
                        options(2, new Saver(file, 9), EarlyStopping.on("loss").restoreBest()));
        Model other = net();
        other.loadWeights(file);
        assertEquals(Model.load(file).variables().keySet(), other.variables().keySet());
    }
}
