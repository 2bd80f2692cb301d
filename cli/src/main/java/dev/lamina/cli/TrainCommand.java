package dev.lamina.cli;

import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.Precision;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.History;
import dev.lamina.nn.Model;
import dev.lamina.nn.Progress;
import dev.lamina.nn.ProgressLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@code lamina train RECIPE}. */
final class TrainCommand implements Command {
    @Override
    public String name() {
        return "train";
    }

    @Override
    public String purpose() {
        return "train a model and write a run folder";
    }

    @Override
    public void describe(Syntax syntax) {
        List<String> recipes = new ArrayList<>(List.of("what to train:"));
        Recipe.ALL.forEach(recipe -> recipes.add(recipe.name() + ": " + recipe.purpose()));
        syntax.word("RECIPE", recipes.toArray(String[]::new))
                .option("--data", "DIR", "folder with the data, for recipes that need one")
                .option("--epochs", "N", "passes over the data; " + defaults(r -> Integer.toString(r.epochs())))
                .option("--batch", "N", "examples in a step; " + defaults(r -> Integer.toString(r.batch())))
                .option(
                        "--lr",
                        "RATE",
                        "learning rate of Adam at first, falling to 0 in equal steps; "
                                + defaults(r -> Double.toString(r.learningRate())))
                .option(
                        "--precision",
                        "NAME",
                        "of matrix products: f32, or bf16 with f32 sums and f32 weights; f32 unless said otherwise")
                .option("--seed", "N", "decides first weights, dropout and order; 0 unless said otherwise")
                .option("--out", "DIR", "run folder; the next free runs/RECIPE-001 unless said otherwise")
                .optional(
                        Profiling.OPTION,
                        "FILE",
                        "show what each kernel took, also in FILE and as a trace in FILE.json; profile.txt in the run folder "
                                + "unless said otherwise")
                .engine()
                .examples(
                        "lamina train digits",
                        "lamina train digits --epochs 10 --lr 0.001 --seed 7 --json",
                        "lamina train digits --profile",
                        "lamina train mnist --data path/to/mnist --out runs/mnist");
    }

    private static String defaults(Function<Recipe.Defaults, String> value) {
        return Recipe.ALL.stream()
                .map(recipe -> value.apply(recipe.defaults()) + " for " + recipe.name())
                .collect(Collectors.joining(", "));
    }

    /** The options of one training. */
    private record Plan(
            Recipe recipe, Optional<Path> data, int epochs, int batch, double rate, Precision precision, long seed) {
        static Plan of(Arguments arguments) {
            String known = String.join(" or ", Recipe.names());
            Recipe recipe = Recipe.named(arguments.required(0, "a recipe, " + known + ", behind train"));
            Optional<Path> data = arguments.text("--data").map(Path::of);
            if (recipe.needsData() && data.isEmpty()) {
                throw new UsageException("the recipe " + recipe.name() + " needs --data DIR with its files");
            }
            if (!recipe.needsData() && data.isPresent()) {
                throw new UsageException(
                        "--data: the recipe " + recipe.name() + " brings its own data; leave the option out");
            }
            Recipe.Defaults defaults = recipe.defaults();
            return new Plan(
                    recipe,
                    data,
                    arguments.integer("--epochs", defaults.epochs(), 1, Integer.MAX_VALUE),
                    arguments.integer("--batch", defaults.batch(), 1, Integer.MAX_VALUE),
                    arguments.positive("--lr", defaults.learningRate()),
                    precision(arguments.text("--precision").orElse("f32")),
                    arguments.whole("--seed", 0));
        }

        private static Precision precision(String name) {
            if (!name.equals("f32") && !name.equals("bf16")) {
                throw new UsageException("--precision: expected f32 or bf16, got '" + name + "'");
            }
            return Precision.named(name);
        }

        /** A large rate at first finds the way quickly; a small one at the end settles. */
        Callback epoch(Console console) {
            return new Callback() {
                @Override
                public void onEpochBegin(Progress progress) {
                    console.requireReader();
                    progress.model().optimizer().learningRate(rate * (1 - (progress.epoch() - 1.0) / epochs));
                }
            };
        }

        JsonObject json() {
            JsonObject json = new JsonObject();
            json.addProperty("format", 1);
            json.addProperty("recipe", recipe.name());
            data.ifPresent(folder ->
                    json.addProperty("data", folder.toAbsolutePath().normalize().toString()));
            json.addProperty("epochs", epochs);
            json.addProperty("batch", batch);
            json.addProperty("lr", rate);
            json.addProperty("precision", precision.toString());
            json.addProperty("seed", seed);
            return json;
        }
    }

    @Override
    public void run(Arguments arguments, Console console) {
        Plan plan = Plan.of(arguments);
        Engine engine = Engine.start(arguments);
        Path folder = plan.data.orElse(Path.of(""));
        Dataset train = plan.recipe.train().apply(folder);
        Dataset test = plan.recipe.test().apply(folder);
        RunFolder run = RunFolder.reserve(arguments.text("--out").map(Path::of), plan.recipe.name());
        Interruption interruption = Interruption.guard(run, console);
        try {
            Optional<Profiling> profiling = Profiling.start(arguments);
            JsonObject result = train(plan, train, test, engine, run, console);
            profiling.ifPresent(profile -> profile.finish(run, console, result));
            console.line("run folder: %s", run.path());
            console.result(result);
        } finally {
            interruption.end();
            // Nothing happens when the files are there.
            run.abandon();
        }
    }

    private static JsonObject train(
            Plan plan, Dataset train, Dataset test, Engine engine, RunFolder run, Console console) {
        Recipe recipe = plan.recipe;
        console.line(
                "%s: %,d examples to learn from, %,d to test with, %d classes",
                recipe.name(), train.size(), test.size(), recipe.classes());
        Model model = recipe.model().get();
        model.seed(plan.seed);
        model.precision(plan.precision);
        model.initialize(recipe.input().width());
        model.compile(adam(plan.rate), sparseCategoricalCrossentropy(), accuracy());
        console.print("\n" + model.summary() + "\n");
        long start = System.nanoTime();
        History history = model.fit(
                train,
                FitOptions.epochs(plan.epochs)
                        .batchSize(plan.batch)
                        .seed(plan.seed)
                        .callbacks(plan.epoch(console), ProgressLine.of(console.people(), console.isLive())));
        double seconds = (System.nanoTime() - start) * 1e-9;
        console.line("");
        Measured measured = Measured.of(model, test, recipe.classes());
        measured.print(console);
        JsonObject epochs = JsonParser.parseString(history.toJson()).getAsJsonObject();
        measured.addTo(epochs);
        run.write(model, plan.json(), epochs, Environment.json(engine));
        return result(plan, model, measured, seconds, history.epochs().size() * train.size() / seconds, engine, run);
    }

    private static JsonObject result(
            Plan plan, Model model, Measured measured, double seconds, double speed, Engine engine, RunFolder run) {
        JsonObject json = new JsonObject();
        json.addProperty("recipe", plan.recipe.name());
        json.addProperty("epochs", plan.epochs);
        measured.addTo(json);
        json.addProperty("seconds", Measured.rounded(seconds, 1e-3));
        json.addProperty("samples_per_second", Measured.rounded(speed, 0.1));
        json.addProperty("parameters", model.parameterCount());
        json.addProperty("backend", engine.backend().name());
        json.addProperty("out", run.path().toString());
        json.addProperty("batch", plan.batch);
        json.addProperty("lr", plan.rate);
        json.addProperty("seed", plan.seed);
        json.addProperty("threads", engine.threads());
        return json;
    }
}
