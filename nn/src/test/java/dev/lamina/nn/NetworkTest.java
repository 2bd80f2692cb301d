package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.input;
import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static dev.lamina.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import dev.lamina.nn.layers.Dense;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functional models: several inputs and outputs, shared layers, submodels, training by name, files. */
class NetworkTest {
    @TempDir
    private Path folder;

    /** The sum of its inputs. */
    private static final class Sum extends Layer {
        @Override
        protected List<Tensor> forward(List<Tensor> inputs) {
            return List.of(inputs.stream().reduce(Tensor::add).orElseThrow());
        }
    }

    private static Tensor numbers(long seed, int... shape) {
        return Random.seed(seed).normal(DType.F32, Shape.of(shape), 0, 1).evaluate();
    }

    private static Model ticket() {
        Wire title = input("title", 5);
        Wire body = input("body", 7);
        Dense shared = dense(6).tanh();
        Wire a = title.then(dense(4).relu()).then(shared);
        Wire b = body.then(dense(4).relu()).then(shared);
        Layer mixed = dense(3);
        return Model.of(
                List.of(title, body),
                List.of(a.then(dense(1)).named("urgent"), b.then(mixed).named("department")));
    }

    private static Dataset tickets() {
        Tensor title = numbers(1, 60, 5);
        Tensor body = numbers(2, 60, 7);
        LinkedHashMap<String, Tensor> fields = new LinkedHashMap<>();
        fields.put("department", body.narrow(1, 0, 3).argmax(1).evaluate());
        fields.put("title", title);
        fields.put("urgent", title.narrow(1, 0, 1).gt(0).cast(DType.F32).evaluate());
        fields.put("body", body);
        return Dataset.of(fields);
    }

    private static Model compiled(Model model) {
        return model.compile(
                adam(1e-2),
                Objective.of("urgent", binaryCrossentropy()).weight(0.5).metrics(accuracy()),
                Objective.of("department", sparseCategoricalCrossentropy()).metrics(accuracy()));
    }

    @Test
    void computesWhatItsLayersDo() {
        Model model = ticket();
        Tensor title = numbers(3, 2, 5);
        Tensor body = numbers(4, 2, 7);
        Map<String, Tensor> outputs = model.predict(Map.of("title", title, "body", body));
        assertEquals(Set.of("urgent", "department"), outputs.keySet());
        Map<String, Layer> parts = model.children();
        assertEquals(List.of("dense_1", "dense_2", "urgent", "dense_4", "department"), List.copyOf(parts.keySet()));
        Tensor expected = parts.get("department")
                .apply(parts.get("dense_2").apply(parts.get("dense_4").apply(body)));
        assertArrayEquals(expected.toDoubleArray(), outputs.get("department").toDoubleArray(), 1e-6);
        long shared = 4 * 6 + 6;
        assertEquals(5 * 4 + 4 + shared + 7 + 7 * 4 + 4 + 6 * 3 + 3, model.parameterCount());
    }

    @Test
    void trainsOnFieldsByName() {
        Model model = compiled(ticket());
        History history = model.fit(tickets(), epochs(40).batchSize(16).validation(tickets()));
        assertEquals(
                Set.of(
                        "loss",
                        "urgent_loss",
                        "urgent_accuracy",
                        "department_loss",
                        "department_accuracy",
                        "val_loss",
                        "val_urgent_loss",
                        "val_urgent_accuracy",
                        "val_department_loss",
                        "val_department_accuracy"),
                history.last().values().keySet());
        assertTrue(
                history.last().value("urgent_accuracy") > 0.95, history.last().toString());
        assertTrue(
                history.last().value("department_accuracy") > 0.9,
                history.last().toString());
        Evaluation result = model.evaluate(tickets());
        assertEquals(0.5 * result.metric("urgent_loss") + result.metric("department_loss"), result.loss(), 1e-5);
        assertEquals(
                Shape.of(60, 3), model.predictAll(tickets()).get("department").shape());
        assertEquals(Shape.of(60, 1), model.predict(tickets()).shape());
        assertTrue(model.summary().contains("urgent"), model.summary());
        assertTrue(model.summary().lines().anyMatch(line -> line.endsWith("  body")), model.summary());
        assertTrue(model.summary().lines().anyMatch(line -> line.endsWith("  dense_1; dense_4")), model.summary());
    }

    @Test
    void isSavedAndLoadedWithItsTraining() {
        Path file = folder.resolve("ticket.safetensors");
        Model model = compiled(ticket());
        model.fit(tickets(), epochs(2).batchSize(16));
        model.save(file);
        Model same = Model.load(file);
        assertEquals(model.summary(), same.summary());
        assertEquals(model.config(), same.config());
        model.fit(tickets(), epochs(1).batchSize(16));
        same.fit(tickets(), epochs(1).batchSize(16));
        assertArrayEquals(
                model.predict(tickets()).toDoubleArray(),
                same.predict(tickets()).toDoubleArray(),
                0);
    }

    @Test
    void holdsSubmodelsAndSharesThem() {
        Wire pixels = input("pixels", 4);
        Model encoder = Model.of(pixels, pixels.then(dense(3).tanh()).then(dense(2)));
        Wire left = input("left", 4);
        Wire right = input("right", 4);
        Model twins = Model.of(List.of(left, right), List.of(new Sum().apply(left.then(encoder), right.then(encoder))));
        Tensor x = numbers(5, 3, 4);
        Tensor y = twins.predictAll(List.of(x, x)).getFirst();
        assertArrayEquals(encoder.predict(x).mul(2).toDoubleArray(), y.toDoubleArray(), 1e-6);
        assertEquals(encoder.parameterCount(), twins.parameterCount());
        // One output of one model, on the way.
        Wire on = input("x", 4);
        Model nested = Model.of(on, on.then(encoder).then(dense(1)));
        assertEquals(Shape.of(3, 1), nested.predict(x).shape());
        Path file = folder.resolve("nested.safetensors");
        nested.save(file);
        assertArrayEquals(
                nested.predict(x).toDoubleArray(), Model.load(file).predict(x).toDoubleArray(), 0);
    }

    @Test
    void oneInputAndOneOutputWorkWithTheUsualDataSet() {
        Wire x = input("x");
        Wire hidden = x.then(dense(8).tanh());
        Model model = Model.of(
                x, new Sum().apply(hidden, hidden.then(dense(8).tanh())).then(dense(1)));
        model.compile(sgd(0.05), mse());
        Tensor features = numbers(6, 64, 3);
        Dataset data = Dataset.of(features, features.sumKeep(1).evaluate());
        History history = model.fit(data, epochs(30));
        assertTrue(history.last().value("loss") < 0.1, history.last().toString());
        assertEquals(List.of("loss"), List.copyOf(history.last().values().keySet()));
    }

    @Test
    void anObjectiveMayHaveAnotherTarget() {
        Wire x = input("features", 3);
        Model model = Model.of(x, x.then(dense(2)).then(dense(3)).named("copy"));
        model.compile(adam(1e-2), Objective.of("copy", mse()).target("features"));
        Tensor features = numbers(7, 32, 3);
        double first =
                model.fit(Dataset.of(features, features), epochs(1)).last().value("loss");
        assertTrue(model.fit(Dataset.of(features, features), epochs(20)).last().value("loss") < first);
    }

    @Test
    void saysWhatIsWrong() {
        Wire a = input("a", 3);
        Wire b = input("b", 3);
        assertEquals(
                "model: expected all inputs that the outputs need, b among them, got [a]; add it to the inputs",
                assertThrows(LaminaException.class, () -> Model.of(a, new Sum().apply(a, b)))
                        .getMessage());
        assertEquals(
                "model: expected different names of the outputs, got [y, y]; name them with named(...)",
                assertThrows(
                                LaminaException.class,
                                () -> Model.of(a, a.named("y"), a.then(dense(2)).named("y")))
                        .getMessage());
        Model model = Model.of(List.of(a, b), List.of(new Sum().apply(a, b).then(dense(1))));
        assertEquals(
                "network (inputs (2, 3), (2, 4)): model: expected examples (3,) for the input b, got (2, 4); the first"
                        + " axis counts examples",
                assertThrows(LaminaException.class, () -> model.applyAll(List.of(Tensor.ones(2, 3), Tensor.ones(2, 4))))
                        .getMessage());
        assertEquals(
                "compile: expected one objective for each of the outputs [dense_1] or some of them, got 'y'; use these"
                        + " names, each once",
                assertThrows(LaminaException.class, () -> model.compile(sgd(0.1), Objective.of("y", mse())))
                        .getMessage());
        model.compile(sgd(0.1), mse());
        Dataset wrong = Dataset.of(Tensor.ones(4, 3), Tensor.ones(4, 1));
        assertTrue(assertThrows(DataException.class, () -> model.fit(wrong, epochs(1)))
                .getMessage()
                .startsWith("network: expected a field 'a' for the input 'a', got [features f32 (3,), labels"));
    }

    @Test
    void anUnknownTargetNamesTheOutput() {
        Wire x = input("title", 5);
        Model model = Model.of(x, dense(1).apply(x).named("score")).compile(adam(1e-2), mse());
        String message = assertThrows(DataException.class, () -> model.fit(tickets(), epochs(1)))
                .getMessage();
        assertTrue(message.contains("expected a field 'score' as target of the output 'score'"), message);
    }

    @Test
    void wiresWithShapesNeedNoExample() {
        Model model = ticket();
        model.initialize();
        assertTrue(model.parameterCount() > 0);
        Wire open = input("open");
        Model other = Model.of(open, dense(1).apply(open));
        assertThrows(LaminaException.class, () -> other.initialize());
        other.initialize(3);
        assertEquals(4, other.parameterCount());
    }

    @Test
    void aFileSaysWhichLayersOnlyCodeCanMake() {
        Path file = folder.resolve("own.safetensors");
        Model model = Sequential.of(dense(2), Layers.lambda(x -> x), dense(1));
        model.initialize(3);
        model.save(file);
        String message =
                assertThrows(DataException.class, () -> Model.load(file)).getMessage();
        assertTrue(message.contains("(sequential/lambda_1)"), message);
    }

    @Test
    void historiesAreReadable() {
        History history = compiled(ticket()).fit(tickets(), epochs(2));
        assertTrue(
                history.toString().matches("(?s)epoch 1  loss \\d\\.\\d{4} .* s\nepoch 2  loss .* s"),
                history.toString());
    }
}
