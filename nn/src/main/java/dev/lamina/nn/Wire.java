package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A place between the layers of a functional model: it stands for the tensor that will be there, and has no values. It begins at
 * an input and goes on at each layer that it is given to; {@link Model#of(Wire, Wire...)} makes a model of what lies between.
 *
 * {@snippet :
 * Wire title = input("title", 20);
 * Wire body = input("body", 100);
 * Wire text = concatenate().apply(title.then(dense(8)), body.then(dense(32)));
 * Model model = Model.of(
 *         List.of(title, body), List.of(text.then(dense(1)).named("urgent"), text.then(dense(4)).named("department")));
 * }
 */
public final class Wire {
    /** An input, or one call of a layer; the wires of its outputs share it. */
    static final class Source {
        private final @Nullable Layer layer;
        private final List<Wire> inputs;
        private final Optional<Shape> example;

        private Source(@Nullable Layer layer, List<Wire> inputs, Optional<Shape> example) {
            this.layer = layer;
            this.inputs = List.copyOf(inputs);
            this.example = example;
        }

        Optional<Layer> layer() {
            return Optional.ofNullable(layer);
        }

        List<Wire> inputs() {
            return inputs;
        }

        /** The shape of one example of an input, if that was said. */
        Optional<Shape> example() {
            return example;
        }
    }

    private final Source source;
    private final int index;
    private final Optional<String> name;

    private Wire(Source source, int index, Optional<String> name) {
        this.source = source;
        this.index = index;
        this.name = name;
    }

    /**
     * An input of a model.
     *
     * @param name names the field of data sets that goes in here
     * @param example shape of one example, which every input must have; without it the first input decides
     */
    public static Wire input(String name, int... example) {
        if (name.isEmpty()) {
            throw new LaminaException("input: expected a name, got an empty one; pass for example \"title\"");
        }
        Optional<Shape> shape = example.length == 0 ? Optional.empty() : Optional.of(Shape.of(example));
        return new Wire(new Source(null, List.of(), shape), 0, Optional.of(name));
    }

    static Wire of(Layer layer, List<Wire> inputs) {
        return new Wire(new Source(layer, inputs, Optional.empty()), 0, Optional.empty());
    }

    static Wire of(Layer layer, Wire first, Wire... more) {
        List<Wire> inputs = new ArrayList<>(List.of(first));
        inputs.addAll(List.of(more));
        return of(layer, inputs);
    }

    /** The first output of a layer that gets this. */
    public Wire then(Layer layer) {
        return layer.apply(this);
    }

    /** Another output of the same call, counted from 0, of a layer with several. */
    public Wire output(int index) {
        if (index < 0) {
            throw new LaminaException("wire: expected an output from 0 on, got " + index + "; the first one is 0");
        }
        return new Wire(source, index, index == this.index ? name : Optional.empty());
    }

    /** This with a name, which an output of the model is known by; also its layer has this name. */
    public Wire named(String name) {
        return new Wire(source, index, Optional.of(name));
    }

    Source source() {
        return source;
    }

    int index() {
        return index;
    }

    Optional<String> name() {
        return name;
    }

    @Override
    public String toString() {
        return name.orElseGet(
                () -> source.layer().map(Layer::typeName).orElse("input") + (index == 0 ? "" : "[" + index + "]"));
    }
}
