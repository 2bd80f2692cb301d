package dev.lamina.nn;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Precision;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import dev.lamina.data.Safetensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The file of a model: a safetensors file with the variables by path, the optimizer's variables as {@code optimizer:path/slot},
 * and JSON under these names in the metadata: {@code lamina} (format number), {@code model} (architecture), {@code training}
 * (optimizer, loss, metrics), {@code state} (input type and shape, precision,
 * epochs, steps).
 */
final class Checkpoint {
    private static final String FORMAT = "1";
    private static final String OPTIMIZER = "optimizer:";
    private static final String CALLBACK = "callback:";

    private Checkpoint() {}

    // ---------------------------------------------------------------- save

    static void save(Model model, Path file) {
        if (!model.isBuilt()) {
            throw new DataException(file + ": expected a model with variables to save, got one before its first use;"
                    + " fit it or call initialize first");
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        model.variables().forEach((path, variable) -> {
            tensors.put(path, copy(variable));
            if (model.isCompiled()) {
                model.optimizer()
                        .slots(variable)
                        .forEach((slot, value) -> tensors.put(OPTIMIZER + path + "/" + slot, copy(value)));
            }
        });
        model.callbackStates()
                .forEach((callback, state) ->
                        state.forEach((name, value) -> tensors.put(CALLBACK + callback + "/" + name, value)));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("lamina", FORMAT);
        model.config()
                .ifPresentOrElse(
                        config -> metadata.put("model", toJson(config).toString()),
                        () -> metadata.put("codeOnly", String.join(", ", codeOnly(model, new TreeSet<>()))));
        training(model)
                .ifPresent(config -> metadata.put("training", toJson(config).toString()));
        metadata.put("state", toJson(state(model)).toString());
        Safetensors.write(file, tensors, metadata);
    }

    /** The layers that keep a model from being described. */
    private static Set<String> codeOnly(Layer layer, Set<String> names) {
        boolean own = layer.config().isEmpty()
                && layer.children().values().stream()
                        .allMatch(child -> child.config().isPresent());
        if (own) {
            names.add(layer.path());
        }
        layer.children().values().forEach(child -> codeOnly(child, names));
        return names;
    }

    private static Tensor copy(Variable variable) {
        return Tensor.of(variable.segment(), variable.dtype(), variable.shape());
    }

    private static Config state(Model model) {
        List<Config> inputs = new ArrayList<>();
        for (int i = 0; i < model.inputShapes().size(); i++) {
            List<Double> example = Arrays.stream(model.inputShapes().get(i).dims())
                    .skip(1)
                    .mapToObj(dim -> (double) dim)
                    .toList();
            inputs.add(Config.of("input")
                    .with("dtype", model.inputDTypes().get(i).name())
                    .with("example", example));
        }
        Config state = Config.of("state").with("inputs", inputs).with("epochs", model.trainedEpochs());
        if (model.precision().isPresent()) {
            state = state.with("precision", model.precision().get().toString());
        }
        return model.isCompiled()
                ? state.with("steps", (double) model.optimizer().steps())
                        .with("optimizer", List.of(model.optimizer().state()))
                : state;
    }

    /** How the model is trained, if all of it can be made again. */
    private static Optional<Config> training(Model model) {
        if (!model.isCompiled()) {
            return Optional.empty();
        }
        Optional<Config> optimizer = Optimizers.config(model.optimizer());
        List<Config> objectives = model.objectives().stream()
                .flatMap(objective -> describe(objective).stream())
                .toList();
        if (optimizer.isEmpty() || objectives.size() < model.objectives().size()) {
            return Optional.empty();
        }
        return Optional.of(Config.of("training")
                .with("optimizer", List.of(optimizer.get()))
                .with("objectives", objectives));
    }

    private static Optional<Config> describe(Objective objective) {
        Optional<Config> loss = objective.loss().config();
        List<Config> metrics = objective.metrics().stream()
                .flatMap(metric -> metric.config().stream())
                .toList();
        if (loss.isEmpty() || metrics.size() < objective.metrics().size()) {
            return Optional.empty();
        }
        return Optional.of(Config.of("objective")
                .with("output", objective.output())
                .with("target", objective.target())
                .with("weight", objective.weight())
                .with("loss", List.of(loss.get()))
                .with("metrics", metrics));
    }

    /** Files of the first release have one loss with its metrics. */
    private static Objective[] objectives(Model model, Config training) {
        List<Config> all = training.has("objectives") ? training.configs("objectives") : List.of(training);
        return all.stream()
                .map(config -> {
                    String output = config.has("output")
                            ? config.text("output")
                            : model.outputNames().getFirst();
                    return Objective.of(output, Losses.of(config.configs("loss").getFirst()))
                            .target(config.has("target") ? config.text("target") : output)
                            .weight(config.number("weight", 1))
                            .metrics(config.configs("metrics").stream()
                                    .map(Metrics::of)
                                    .toArray(Metric[]::new));
                })
                .toArray(Objective[]::new);
    }

    // ---------------------------------------------------------------- load

    static Model load(Path file) {
        return at(file, () -> {
            Safetensors.Header header = Safetensors.header(file);
            if (header.metadata().containsKey("codeOnly")) {
                throw new DataException(
                        "expected a model of ready layers, got one with layers that only their own code can"
                                + " make (" + header.metadata().get("codeOnly")
                                + "); make the model in code, then call loadWeights, or compile it and call resume");
            }
            Config architecture = part(header, "model", "make the model in code and call loadWeights");
            if (!(Catalogue.layer(architecture) instanceof Model model)) {
                throw new DataException(
                        "expected a model, got the layer " + architecture.type() + "; use another file");
            }
            Config state = part(header, "state", "use another file");
            initialize(model, state);
            if (state.has("precision")) {
                model.precision(Precision.named(state.text("precision")));
            }
            if (header.metadata().containsKey("training")) {
                Config training = part(header, "training", "");
                model.compile(Optimizers.of(training.configs("optimizer").get(0)), objectives(model, training));
            }
            restore(model, file, header, model.isCompiled());
            return model;
        });
    }

    static void loadWeights(Model model, Path file) {
        at(file, () -> {
            Safetensors.Header header = Safetensors.header(file);
            buildIfNeeded(model, header);
            restore(model, file, header, false);
            return model;
        });
    }

    static void resume(Model model, Path file) {
        at(file, () -> {
            Safetensors.Header header = Safetensors.header(file);
            if (!part(header, "state", "use another file").has("steps")) {
                throw new DataException("expected a model that was saved with its training, got one that was not"
                        + " compiled; load its variables with loadWeights");
            }
            buildIfNeeded(model, header);
            String mine = Optimizers.config(model.optimizer()).map(Config::type).orElse("one of your own");
            String saved = header.metadata().containsKey("training")
                    ? part(header, "training", "").configs("optimizer").get(0).type()
                    : mine;
            if (!saved.equals(mine) && !mine.equals("one of your own")) {
                throw new DataException("expected the state of the optimizer " + mine + ", got that of " + saved
                        + "; compile with " + saved + ", or load only the variables with loadWeights");
            }
            restore(model, file, header, true);
            return model;
        });
    }

    private static void buildIfNeeded(Model model, Safetensors.Header header) {
        if (!model.isBuilt()) {
            initialize(model, part(header, "state", "call initialize with the shape of an example first"));
        }
    }

    private static void initialize(Model model, Config state) {
        // Files of the first release have one input.
        List<Config> inputs = state.has("inputs") ? state.configs("inputs") : List.of(state);
        model.initialize(inputs.stream()
                .map(input -> {
                    int[] example = Arrays.stream(input.numbers("example"))
                            .mapToInt(dim -> (int) dim)
                            .toArray();
                    return new Dataset.Field("", DType.valueOf(input.text("dtype")), Shape.of(example));
                })
                .toList());
    }

    private static void restore(Model model, Path file, Safetensors.Header header, boolean training) {
        Map<String, Variable> targets = new LinkedHashMap<>(model.variables());
        Map<Variable, Map<String, Variable>> slots = new LinkedHashMap<>();
        if (training) {
            model.variables().forEach((path, parameter) -> {
                Map<String, Variable> saved = slots(header, OPTIMIZER + path + "/", parameter);
                saved.forEach((slot, variable) -> targets.put(OPTIMIZER + path + "/" + slot, variable));
                if (!saved.isEmpty()) {
                    slots.put(parameter, saved);
                }
            });
        }
        requireEqual(targets, header, training);
        Safetensors content = Safetensors.read(file);
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        targets.forEach((name, variable) -> values.put(variable, content.tensor(name)));
        Variable.assignAll(values, List.of());
        if (training) {
            Config state = part(header, "state", "use another file");
            model.trainedEpochs(state.integer("epochs"));
            model.optimizer().restore(optimizer(state), slots);
            model.resumeCallbacks(callbacks(content));
        }
    }

    /** The optimizer's part; files of the first release have the steps alone. */
    private static Config optimizer(Config state) {
        return state.has("optimizer")
                ? state.configs("optimizer").get(0)
                : Config.of("optimizer")
                        .with("steps", state.number("steps"))
                        .with("epochs", state.number("epochs"))
                        .with("schedule", List.of());
    }

    private static Map<String, Map<String, Tensor>> callbacks(Safetensors content) {
        Map<String, Map<String, Tensor>> states = new LinkedHashMap<>();
        content.tensors().forEach((name, value) -> {
            int slash = name.indexOf('/');
            if (name.startsWith(CALLBACK) && slash > 0) {
                states.computeIfAbsent(name.substring(CALLBACK.length(), slash), callback -> new LinkedHashMap<>())
                        .put(name.substring(slash + 1), value);
            }
        });
        return states;
    }

    /** New variables for what the file holds of an optimizer's state of one parameter. */
    private static Map<String, Variable> slots(Safetensors.Header header, String prefix, Variable parameter) {
        Map<String, Variable> slots = new LinkedHashMap<>();
        header.entries().forEach((name, entry) -> {
            String slot = name.substring(Math.min(prefix.length(), name.length()));
            if (name.startsWith(prefix) && !slot.contains("/")) {
                Tensor zeros = Tensor.zeros(parameter.dtype(), entry.shape());
                slots.put(slot, Variable.of(parameter.name() + "/" + slot, zeros));
            }
        });
        return slots;
    }

    /** Compares names, shapes and dtypes, and tells all differences at once. */
    private static void requireEqual(Map<String, Variable> targets, Safetensors.Header header, boolean training) {
        List<String> differences = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>(targets.keySet());
        header.entries().keySet().stream()
                .filter(name -> !name.startsWith(CALLBACK))
                .filter(name -> training || !name.startsWith(OPTIMIZER))
                .forEach(names::add);
        for (String name : names) {
            Variable variable = targets.get(name);
            Safetensors.Entry entry = header.entries().get(name);
            String mine = variable == null ? "nothing" : variable.dtype() + " " + variable.shape();
            String theirs = entry == null ? "nothing" : entry.dtype() + " " + entry.shape();
            if (!mine.equals(theirs)) {
                differences.add(name + ": expected " + mine + ", got " + theirs);
            }
        }
        if (!differences.isEmpty()) {
            throw new DataException("expected the variables of this model, got " + differences.size() + " differences ("
                    + String.join("; ", differences) + "); load it into a model of the architecture that was saved");
        }
    }

    private static Config part(Safetensors.Header header, String name, String fix) {
        String json = header.metadata().get(name);
        if (json == null) {
            throw new DataException("expected '" + name + "' in the metadata, got "
                    + header.metadata().keySet() + "; " + fix);
        }
        try {
            return fromJson(JsonParser.parseString(json).getAsJsonObject());
        } catch (JsonParseException | IllegalStateException e) {
            throw new DataException(
                    "expected JSON under '" + name + "' in the metadata, got something else; the file is"
                            + " damaged, use another one",
                    e);
        }
    }

    private static Model at(Path file, java.util.function.Supplier<Model> action) {
        try {
            return action.get();
        } catch (DataException e) {
            // What reads the file has put its name in front already.
            throw String.valueOf(e.getMessage()).startsWith(file.toString()) ? e : e.at(file.toString());
        }
    }

    // ---------------------------------------------------------------- JSON

    static JsonObject toJson(Config config) {
        JsonObject json = new JsonObject();
        json.addProperty("type", config.type());
        config.values().forEach((key, value) -> json.add(key, element(value)));
        return json;
    }

    private static JsonElement element(Object value) {
        return switch (value) {
            case Double number -> new JsonPrimitive(number);
            case Boolean flag -> new JsonPrimitive(flag);
            case String text -> new JsonPrimitive(text);
            case Config config -> toJson(config);
            case List<?> list -> {
                JsonArray array = new JsonArray();
                list.forEach(item -> array.add(element(item)));
                yield array;
            }
            default -> throw new AssertionError("a config holds " + value.getClass());
        };
    }

    static Config fromJson(JsonObject json) {
        if (!json.has("type") || !json.get("type").isJsonPrimitive()) {
            throw new DataException(
                    "expected a 'type' in each description, got " + json.keySet() + "; use another file");
        }
        Map<String, Object> values = new LinkedHashMap<>();
        json.entrySet().stream()
                .filter(entry -> !entry.getKey().equals("type"))
                .forEach(entry -> values.put(entry.getKey(), value(entry.getValue())));
        return new Config(json.get("type").getAsString(), values);
    }

    private static Object value(JsonElement element) {
        if (element.isJsonObject()) {
            return fromJson(element.getAsJsonObject());
        }
        if (element.isJsonArray()) {
            return element.getAsJsonArray().asList().stream()
                    .map(Checkpoint::value)
                    .toList();
        }
        if (element.isJsonNull()) {
            throw new DataException("expected values in each description, got null; use another file");
        }
        JsonPrimitive primitive = element.getAsJsonPrimitive();
        return primitive.isBoolean()
                ? primitive.getAsBoolean()
                : primitive.isNumber() ? primitive.getAsDouble() : primitive.getAsString();
    }
}
