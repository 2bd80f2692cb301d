package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A graph of layers with named inputs and outputs, made by {@link Model#of(List, List)}. A layer that is called several times has
 * one set of variables; a model may be a layer of another one.
 */
public final class Network extends Model {
    private final List<Wire> inputs;
    private final List<Wire> outputs;
    private final List<String> outputNames;
    /** Inputs first, then each call behind those that it reads. */
    private final List<Wire.Source> sources;

    private final Map<Wire.Source, Integer> numbers = new HashMap<>();
    private final List<Layer> layers = new ArrayList<>();

    Network(List<Wire> inputs, List<Wire> outputs) {
        this(inputs, outputs, List.of());
    }

    /** Layers have the given names, in the order of their first calls; without, their types' or wires'. */
    private Network(List<Wire> inputs, List<Wire> outputs, List<String> names) {
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        if (inputs.isEmpty() || outputs.isEmpty()) {
            throw new LaminaException("model: expected inputs and outputs, got " + inputs.size() + " and "
                    + outputs.size() + "; begin with input(name)");
        }
        sources = new ArrayList<>(inputs.stream().map(Wire::source).toList());
        requireDifferent("inputs", inputNames());
        for (Wire input : inputs) {
            if (input.source().layer().isPresent()) {
                throw new LaminaException("model: expected inputs made by input(name), got the output of a layer, "
                        + input + "; begin the model there with input(\"features\")");
            }
            numbers.put(input.source(), numbers.size());
        }
        Map<Wire.Source, String> named = new LinkedHashMap<>();
        outputs.forEach(output -> collect(output, named));
        name(named, names);
        outputNames = IntStream.range(0, outputs.size())
                .mapToObj(i -> outputs.get(i)
                        .name()
                        .orElseGet(() -> children().entrySet().stream()
                                .filter(part -> outputs.get(i).source().layer().equals(Optional.of(part.getValue())))
                                .map(Map.Entry::getKey)
                                .findFirst()
                                .orElse("output")))
                .toList();
        requireDifferent("outputs", outputNames);
    }

    private void collect(Wire wire, Map<Wire.Source, String> named) {
        Wire.Source source = wire.source();
        if (wire.index() == 0) {
            wire.name().ifPresent(name -> named.putIfAbsent(source, name));
        }
        if (numbers.containsKey(source)) {
            return;
        }
        if (source.layer().isEmpty()) {
            throw new LaminaException("model: expected all inputs that the outputs need, " + wire + " among them, got "
                    + inputNames() + "; add it to the inputs");
        }
        source.inputs().forEach(input -> collect(input, named));
        numbers.put(source, sources.size());
        sources.add(source);
    }

    private void name(Map<Wire.Source, String> named, List<String> names) {
        Map<String, Integer> counts = new HashMap<>();
        for (Wire.Source source : calls()) {
            Layer layer = layer(source);
            if (layers.contains(layer)) {
                continue;
            }
            int number = counts.merge(layer.typeName(), 1, Integer::sum);
            String usual = named.getOrDefault(source, layer.typeName() + "_" + number);
            child(names.isEmpty() ? usual : names.get(layers.size()), layer);
            layers.add(layer);
        }
    }

    private List<Wire.Source> calls() {
        return sources.subList(inputs.size(), sources.size());
    }

    private static Layer layer(Wire.Source source) {
        return source.layer().orElseThrow();
    }

    private static void requireDifferent(String what, List<String> names) {
        if (new HashSet<>(names).size() < names.size()) {
            throw new LaminaException("model: expected different names of the " + what + ", got " + names
                    + "; name them with named(...)");
        }
    }

    @Override
    public List<String> inputNames() {
        return inputs.stream().map(Wire::toString).toList();
    }

    @Override
    public List<String> outputNames() {
        return outputNames;
    }

    @Override
    protected List<Tensor> forward(List<Tensor> xs) {
        requireInputs(xs);
        List<List<Tensor>> values = new ArrayList<>();
        xs.forEach(x -> values.add(List.of(x)));
        for (Wire.Source call : calls()) {
            values.add(layer(call)
                    .applyAll(call.inputs().stream()
                            .map(input -> value(values, input))
                            .toList()));
        }
        return outputs.stream().map(output -> value(values, output)).toList();
    }

    private Tensor value(List<List<Tensor>> values, Wire wire) {
        List<Tensor> all = values.get(number(wire));
        if (wire.index() >= all.size()) {
            throw new LaminaException(path() + ": expected output " + wire.index() + " of " + wire + ", got only "
                    + all.size() + "; ask for one that the layer has");
        }
        return all.get(wire.index());
    }

    private int number(Wire wire) {
        return numbers.getOrDefault(wire.source(), -1);
    }

    /** What f32 examples are, where the wires say it. */
    List<Dataset.Field> examples() {
        return inputs.stream()
                .map(input -> new Dataset.Field(
                        input.toString(),
                        DType.F32,
                        input.source()
                                .example()
                                .orElseThrow(() -> new LaminaException("model: expected shapes of the inputs "
                                        + inputNames() + ", got none of " + input
                                        + "; write input(name, shape...), or initialize for a data set"))))
                .toList();
    }

    private void requireInputs(List<Tensor> xs) {
        if (xs.size() != inputs.size()) {
            throw new ShapeException("model: expected " + inputs.size() + " inputs " + inputNames() + ", got "
                    + xs.size() + "; pass one tensor for each");
        }
        for (int i = 0; i < xs.size(); i++) {
            Shape got = xs.get(i).shape();
            Optional<Shape> example = inputs.get(i).source().example();
            if (example.isPresent()
                    && (got.rank() == 0 || !got.range(1, got.rank()).equals(example.get()))) {
                throw new ShapeException("model: expected examples " + example.get() + " for the input " + inputs.get(i)
                        + ", got " + got + "; the first axis counts examples");
            }
        }
    }

    // ---------------------------------------------------------------- description

    /** What each layer reads, for a summary: names of inputs and layers; one list for each call of a shared layer. */
    Map<Layer, String> sources() {
        Map<Layer, String> names = new HashMap<>();
        children().forEach((name, layer) -> names.put(layer, name));
        Map<Layer, String> read = new LinkedHashMap<>();
        for (Wire.Source call : calls()) {
            String from = call.inputs().stream()
                    .map(wire -> wire.source().layer().map(names::get).orElseGet(wire::toString)
                            + (wire.index() == 0 ? "" : "[" + wire.index() + "]"))
                    .collect(Collectors.joining(", "));
            read.merge(layer(call), from, (one, other) -> one + "; " + other);
        }
        return read;
    }

    @Override
    public Optional<Config> config() {
        List<Config> parts = new ArrayList<>();
        for (Map.Entry<String, Layer> part : children().entrySet()) {
            Optional<Config> layer = part.getValue().config();
            if (layer.isEmpty()) {
                return Optional.empty();
            }
            parts.add(Config.of("part").with("name", part.getKey()).with("layer", layer.get()));
        }
        // A layer inside two submodels would be two layers after loading.
        if (sharesAcross(this, new HashSet<>())) {
            return Optional.empty();
        }
        return Optional.of(Config.of("network")
                .with("inputs", inputs.stream().map(Network::describe).toList())
                .with("layers", parts)
                .with("calls", calls().stream().map(this::describe).toList())
                .with("outputs", outputs.stream().map(this::ends).toList())
                .with("outputNames", outputNames.stream().map(Config::of).toList()));
    }

    private static boolean sharesAcross(Layer layer, Set<Layer> seen) {
        return layer.children().values().stream().anyMatch(part -> !seen.add(part) || sharesAcross(part, seen));
    }

    private static Config describe(Wire input) {
        Config config = Config.of("input").with("name", input.toString());
        Optional<Shape> example = input.source().example();
        return example.isEmpty()
                ? config
                : config.with(
                        "example",
                        Arrays.stream(example.get().dims())
                                .mapToObj(dim -> (double) dim)
                                .toList());
    }

    private Config describe(Wire.Source call) {
        return Config.of("call")
                .with("layer", layers.indexOf(layer(call)))
                .with(
                        "sources",
                        call.inputs().stream().map(w -> (double) number(w)).toList())
                .with(
                        "outputs",
                        call.inputs().stream().map(w -> (double) w.index()).toList());
    }

    private Config ends(Wire output) {
        return Config.of("output").with("source", number(output)).with("output", output.index());
    }

    static Network of(Config config) {
        List<Wire> first = new ArrayList<>();
        for (Config input : config.configs("inputs")) {
            int[] example = input.has("example") ? ints(input, "example") : new int[0];
            first.add(Wire.input(input.text("name"), example));
        }
        List<Wire> inputs = List.copyOf(first);
        List<Layer> layers = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Config part : config.configs("layers")) {
            layers.add(part.layer("layer"));
            names.add(part.text("name"));
        }
        for (Config call : config.configs("calls")) {
            int[] sources = ints(call, "sources");
            int[] outputs = ints(call, "outputs");
            List<Wire> from = IntStream.range(0, Math.min(sources.length, outputs.length))
                    .mapToObj(i -> known(first, sources[i]).output(outputs[i]))
                    .toList();
            first.add(Wire.of(known(layers, call.integer("layer")), from));
        }
        List<Config> ends = config.configs("outputs");
        List<Config> outputNames = config.configs("outputNames");
        List<Wire> outputs = IntStream.range(0, ends.size())
                .mapToObj(i -> known(first, ends.get(i).integer("source"))
                        .output(ends.get(i).integer("output"))
                        .named(known(outputNames, i).type()))
                .toList();
        return new Network(inputs, outputs, names);
    }

    private static int[] ints(Config config, String key) {
        return Arrays.stream(config.numbers(key)).mapToInt(value -> (int) value).toArray();
    }

    private static <T> T known(List<T> all, int index) {
        if (index < 0 || index >= all.size()) {
            throw new DataException("network: expected a number from 0 to " + (all.size() - 1) + ", got " + index
                    + "; the file is damaged, use another one");
        }
        return all.get(index);
    }
}
