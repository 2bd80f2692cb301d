package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.LaminaException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Callbacks, early stopping, the progress line, the history. */
class CallbackTest {
    @Test
    void callbacksAreToldInOrder() {
        List<String> told = new ArrayList<>();
        Callback callback = new Callback() {
            @Override
            public void onTrainBegin(Progress p) {
                told.add("begin " + p.epoch() + " of " + p.lastEpoch());
            }

            @Override
            public void onEpochBegin(Progress p) {
                told.add("epoch " + p.epoch() + " " + p.batch() + "/" + p.batches());
            }

            @Override
            public void onBatchEnd(Progress p) {
                told.add("batch " + p.batch() + " " + p.examplesDone() + "/" + p.examples() + " "
                        + Double.isNaN(p.value("val_loss")));
            }

            @Override
            public void onEpochEnd(Progress p) {
                told.add("done " + p.names() + " " + Double.isNaN(p.value("val_loss")));
                assertTrue(p.seconds() > 0 && p.examplesPerSecond() > 0);
                assertEquals(0.02, p.learningRate());
                assertThrows(LaminaException.class, () -> p.value("other"));
            }

            @Override
            public void onTrainEnd(Progress p) {
                told.add("end");
            }
        };
        FitTest.classifier()
                .fit(
                        Data.clusters(9, 1),
                        epochs(2).batchSize(6).validation(Data.clusters(6, 2)).callbacks(callback));
        List<String> epoch =
                List.of("batch 1 6/9 true", "batch 2 9/9 true", "done [loss, accuracy, val_loss, val_accuracy] false");
        List<String> expected = new ArrayList<>(List.of("begin 1 of 2", "epoch 1 0/2"));
        expected.addAll(epoch);
        expected.add("epoch 2 0/2");
        expected.addAll(epoch);
        expected.add("end");
        assertEquals(expected, told);
    }

    @Test
    void earlyStoppingEndsAndRestores() {
        Model model = FitTest.classifier();
        List<float[]> weights = new ArrayList<>();
        Callback spoiler = new Callback() {
            @Override
            public void onEpochEnd(Progress progress) {
                weights.add(FitTest.flat(progress.model()));
                // From now on every step makes it worse.
                if (progress.epoch() == 3) {
                    progress.model().optimizer().learningRate(5);
                }
            }
        };
        EarlyStopping stopping = EarlyStopping.on("val_loss").patience(2).restoreBest();
        History history = model.fit(
                Data.clusters(30, 1),
                epochs(20).validation(Data.clusters(30, 2)).callbacks(spoiler, stopping));
        int best = history.best("val_loss").number();
        assertEquals(best, stopping.bestEpoch());
        assertEquals(history.best("val_loss").value("val_loss"), stopping.best());
        assertEquals(best + 2, history.epochs().size());
        assertTrue(history.epochs().size() < 20);
        assertArrayEquals(weights.get(best - 1), FitTest.flat(model));
    }

    @Test
    void earlyStoppingKnowsTheDirection() {
        EarlyStopping stopping = EarlyStopping.on("accuracy").patience(1).minDelta(2);
        History history =
                FitTest.classifier().fit(Data.clusters(30, 1), epochs(20).callbacks(stopping));
        assertEquals(2, history.epochs().size());
        EarlyStopping unknown = EarlyStopping.on("val_loss");
        LaminaException error = assertThrows(
                LaminaException.class,
                () -> FitTest.classifier().fit(Data.clusters(30, 1), epochs(20).callbacks(unknown)));
        assertTrue(error.getMessage().contains("[loss, accuracy]"), error.getMessage());
    }

    private static String shown(boolean terminal, int count) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Callback slow = new Callback() {
            @Override
            public void onBatchEnd(Progress progress) {
                try {
                    Thread.sleep(30);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        };
        FitTest.classifier()
                .fit(Data.clusters(count, 1), epochs(2).batchSize(8).callbacks(ProgressLine.of(out, terminal), slow));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void plainLinesElsewhere() {
        List<String> lines = shown(false, 16).lines().toList();
        assertEquals(2, lines.size());
        assertTrue(
                lines.get(1)
                        .matches("epoch 2/2 +[\\d.]+ m?s +[\\d,]+ samples/s  loss \\d\\.\\d{4}  accuracy \\d\\.\\d{4}"),
                lines.get(1));
    }

    @Test
    void oneLiveLineOnATerminal() {
        String text = shown(true, 64);
        assertEquals(2, text.chars().filter(c -> c == '\n').count());
        assertTrue(text.matches("(?s).*\r\u001b\\[Kepoch 1/2 \\[=* *\\] \\d+/64  [\\d.]+ m?s left  .*"), text);
    }

    @Test
    void durations() {
        assertEquals("45 ms", ProgressLine.duration(0.0451));
        assertEquals("1.0 s", ProgressLine.duration(0.9996));
        assertEquals("1.5 s", ProgressLine.duration(1.5));
        assertEquals("2:05 min", ProgressLine.duration(125.2));
        assertEquals("1:02 h", ProgressLine.duration(3725));
    }

    @Test
    void historyFindsTheBestAndWritesJson() {
        History history = new History(List.of(
                new History.Epoch(1, 0.5, Map.of("loss", 2.0, "accuracy", 0.7), Set.of("accuracy")),
                new History.Epoch(2, 0.25, Map.of("loss", Double.NaN, "accuracy", 0.9), Set.of("accuracy")),
                new History.Epoch(3, 0.25, Map.of("loss", 1.0, "accuracy", 0.9), Set.of("accuracy"))));
        assertEquals(2, history.best("accuracy").number());
        assertEquals(3, history.best("loss").number());
        JsonObject json = JsonParser.parseString(history.toJson()).getAsJsonObject();
        assertEquals("[1,2,3]", json.get("epoch").toString());
        assertEquals("[2.0,null,1.0]", json.get("loss").toString());
        assertThrows(LaminaException.class, () -> history.values("other"));
        assertThrows(LaminaException.class, () -> new History(List.of()).last());
        assertEquals("{\"epoch\":[],\"seconds\":[]}", new History(List.of()).toJson());
    }
}
