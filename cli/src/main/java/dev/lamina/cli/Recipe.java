package dev.lamina.cli;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;

import dev.lamina.data.Dataset;
import dev.lamina.data.Digits;
import dev.lamina.data.Mnist;
import dev.lamina.nn.Model;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Something that {@code lamina train} can train. A further recipe is one more entry in {@link #ALL}.
 *
 * @param name the word on the command line
 * @param purpose one line for people
 * @param needsData true when the data are in a folder that {@code --data} names
 * @param train the examples to learn from, given that folder
 * @param test the examples to measure with
 * @param input what an example looks like
 * @param classes number of classes
 * @param model a new model; its outputs are logits
 * @param defaults options for the training
 */
record Recipe(
        String name,
        String purpose,
        boolean needsData,
        Function<Path, Dataset> train,
        Function<Path, Dataset> test,
        Input input,
        int classes,
        Supplier<Model> model,
        Defaults defaults) {
    /** All recipes. */
    static final List<Recipe> ALL = List.of(
            new Recipe(
                    "digits",
                    "1,797 handwritten digits of 8x8 pixels, which come with Lamina",
                    false,
                    folder -> Digits.train(),
                    folder -> Digits.test(),
                    new Input(8, 16),
                    Digits.CLASSES,
                    () -> Sequential.of(
                            dense(256).relu(), dropout(0.4), dense(128).relu(), dropout(0.3), dense(Digits.CLASSES)),
                    new Defaults(30, 64, 4e-3)),
            new Recipe(
                    "mnist",
                    "70,000 handwritten digits of 28x28 pixels; --data names the folder with the four IDX files",
                    true,
                    Mnist::train,
                    Mnist::test,
                    new Input(28, 255),
                    Mnist.CLASSES,
                    () -> Sequential.of(dense(512).relu(), dense(256).relu(), dense(Mnist.CLASSES)),
                    new Defaults(5, 128, 1e-3)));

    /**
     * A square picture, row by row from the top.
     *
     * @param side pixels
     * @param ink the value of full ink in the original data; the model sees it as 1
     */
    record Input(int side, int ink) {
        /** Numbers in an example. */
        int width() {
            return side * side;
        }
    }

    /**
     * Options of a training that nobody has given.
     *
     * @param epochs passes over the data
     * @param batch examples in a step
     * @param learningRate of Adam in the first epoch; it falls to 0 in equal steps
     */
    record Defaults(int epochs, int batch, double learningRate) {}

    /** The names of all recipes. */
    static List<String> names() {
        return ALL.stream().map(Recipe::name).toList();
    }

    /** The recipe of a name. */
    static Optional<Recipe> find(String name) {
        return ALL.stream().filter(recipe -> recipe.name.equals(name)).findFirst();
    }

    /** The recipe that somebody asks for on the command line. */
    static Recipe named(String name) {
        return find(name)
                .orElseThrow(() -> new UsageException("unknown recipe '" + name + "'; " + Nearest.hint(name, names())));
    }
}
