package dev.lamina.cli;

import com.google.gson.JsonObject;
import dev.lamina.core.DataException;
import dev.lamina.data.Safetensors;
import dev.lamina.nn.Model;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a training: {@code model.safetensors} (weights and all that is needed to go on), {@code model.json} (the layers,
 * for people), {@code config.json} (recipe and options), {@code history.json}, {@code environment.json}. Each file is whole or not
 * there.
 *
 * @param path of the folder
 * @param fresh true when this process made it
 */
record RunFolder(Path path, boolean fresh) {
    private static final String MODEL = "model.safetensors";
    private static final String LAYERS = "model.json";
    private static final String CONFIG = "config.json";
    private static final String HISTORY = "history.json";
    private static final String ENVIRONMENT = "environment.json";
    private static final Path RUNS = Path.of("runs");
    private static final int SHOWN_FILES = 3;

    // ---------------------------------------------------------------- for a new run

    /** Finds a place for a run before the training: the wanted folder, or {@code runs/recipe-001} and so on. */
    static RunFolder reserve(Optional<Path> wanted, String recipe) {
        return wanted.map(folder -> making(folder, () -> take(folder))).orElseGet(() -> reserve(RUNS, recipe));
    }

    /** The next folder with a number in a folder of runs. */
    static RunFolder reserve(Path runs, String recipe) {
        return making(runs, () -> next(runs, recipe));
    }

    private interface Maker {
        RunFolder make() throws IOException;
    }

    private static RunFolder making(Path folder, Maker maker) {
        try {
            return maker.make();
        } catch (FileAlreadyExistsException e) {
            throw new DataException(
                    folder + ": expected the name of a folder, got a file at " + e.getFile() + "; choose another --out",
                    e);
        } catch (IOException e) {
            throw new DataException(
                    folder + ": expected to make the folder, got " + Reason.of(e)
                            + "; choose another --out, or change the permissions",
                    e);
        }
    }

    private static RunFolder take(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            Files.createDirectories(folder);
            return new RunFolder(folder, true);
        }
        if (!Files.isDirectory(folder)) {
            throw new FileAlreadyExistsException(folder.toString());
        }
        List<String> files = list(folder);
        if (!files.isEmpty() && !files.contains(CONFIG)) {
            throw new DataException(folder
                    + ": expected a new name, an empty folder or a run to replace, got a folder with "
                    + String.join(", ", files.stream().limit(SHOWN_FILES).toList())
                    + (files.size() > SHOWN_FILES ? ", ..." : "") + "; choose another --out");
        }
        // Tells now, not after the training, that nothing can be written.
        Files.delete(Files.createTempFile(folder, ".lamina", ".tmp"));
        return new RunFolder(folder, false);
    }

    /** The number after the largest one; folders of trainings that run at the same time count too. */
    private static RunFolder next(Path runs, String recipe) throws IOException {
        Files.createDirectories(runs);
        Pattern name = Pattern.compile(Pattern.quote(recipe) + "-(\\d{1,9})");
        int number = list(runs).stream()
                .map(name::matcher)
                .filter(Matcher::matches)
                .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                .max()
                .orElse(0);
        while (true) {
            number++;
            Path folder = runs.resolve(String.format(Locale.ROOT, "%s-%03d", recipe, number));
            try {
                return new RunFolder(Files.createDirectory(folder), true);
            } catch (FileAlreadyExistsException e) {
                // Another training took the number between the listing and now.
            }
        }
    }

    private static List<String> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    /** Removes the folder of a training that came to nothing, if it is new and still empty. */
    void abandon() {
        if (!fresh) {
            return;
        }
        try {
            Files.deleteIfExists(path);
        } catch (DirectoryNotEmptyException e) {
            // Something was saved: it stays.
        } catch (IOException e) {
            // An empty folder does no harm.
        }
    }

    /** Writes all files, the weights first: a folder with a config holds a whole model. */
    void write(Model model, JsonObject config, JsonObject history, JsonObject environment) {
        Path weights = path.resolve(MODEL);
        model.save(weights);
        String layers = Safetensors.header(weights).metadata().get("model");
        if (layers != null) {
            Json.write(path.resolve(LAYERS), Json.parse(weights.toString(), layers));
        }
        Json.write(path.resolve(HISTORY), history);
        Json.write(path.resolve(ENVIRONMENT), environment);
        Json.write(path.resolve(CONFIG), config);
    }

    // ---------------------------------------------------------------- of an old run

    /** The folder of a finished run. */
    static RunFolder open(Path folder) {
        List<String> missing = Stream.of(MODEL, CONFIG)
                .filter(name -> !Files.isRegularFile(folder.resolve(name)))
                .toList();
        if (!missing.isEmpty()) {
            String got = Files.isDirectory(folder)
                    ? "one without " + String.join(" and ", missing)
                    : Files.exists(folder) ? "a file" : "no such folder";
            throw new DataException(folder + ": expected the folder of a run, got " + got
                    + "; give the folder that lamina train named at its end");
        }
        return new RunFolder(folder, false);
    }

    /** Recipe and options. */
    JsonObject config() {
        return Json.read(path.resolve(CONFIG));
    }

    /** The recipe that the run was trained with. */
    Recipe recipe() {
        Path file = path.resolve(CONFIG);
        String name = Json.text(file, Json.read(file), "recipe");
        return Recipe.find(name)
                .orElseThrow(
                        () -> new DataException(file + ": expected a recipe among " + String.join(", ", Recipe.names())
                                + ", got '" + name + "'; use the release of Lamina that made this run"));
    }

    /** The trained model, compiled. */
    Model model() {
        return Model.load(path.resolve(MODEL));
    }

    /** Where its data were, if they did not come with Lamina. */
    Optional<Path> dataFolder() {
        JsonObject config = config();
        return config.has("data")
                ? Optional.of(Path.of(Json.text(path.resolve(CONFIG), config, "data")))
                : Optional.empty();
    }

    /** What was measured at the end of the training, if the file is there. */
    Optional<JsonObject> history() {
        Path file = path.resolve(HISTORY);
        try {
            return Files.exists(file)
                    ? Optional.of(Json.parse(file.toString(), Files.readString(file)))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new DataException(
                    file + ": expected a readable file, got " + Reason.of(e) + "; check its permissions", e);
        }
    }
}
