package dev.lamina.cli;

import com.google.gson.JsonObject;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Model;
import java.nio.file.Path;
import java.util.Optional;

/** {@code lamina evaluate RUN}. */
final class EvaluateCommand implements Command {
    @Override
    public String name() {
        return "evaluate";
    }

    @Override
    public String purpose() {
        return "measure a trained model on its test examples";
    }

    @Override
    public void describe(Syntax syntax) {
        syntax.word("RUN", "folder that lamina train has written")
                .option("--data", "DIR", "folder with the data; where they were in training unless said otherwise")
                .engine()
                .examples(
                        "lamina evaluate runs/digits-001",
                        "lamina evaluate runs/mnist-001 --data path/to/mnist --json");
    }

    @Override
    public void run(Arguments arguments, Console console) {
        Path folder = Path.of(arguments.required(0, "the folder of a run behind evaluate"));
        RunFolder run = RunFolder.open(folder);
        Recipe recipe = run.recipe();
        Optional<Path> given = arguments.text("--data").map(Path::of);
        if (given.isPresent() && !recipe.needsData()) {
            throw new UsageException(
                    "--data: the recipe " + recipe.name() + " brings its own data; leave the option out");
        }
        Engine engine = Engine.start(arguments);
        Dataset test = recipe.test().apply(given.or(run::dataFolder).orElse(Path.of("")));
        Model model = run.model();
        Measured measured = Measured.of(model, test, recipe.classes());
        measured.print(console);
        JsonObject json = new JsonObject();
        json.addProperty("run", folder.toString());
        json.addProperty("recipe", recipe.name());
        json.addProperty("examples", test.size());
        measured.addTo(json);
        json.addProperty("seconds", Measured.rounded(measured.seconds(), 1e-3));
        json.addProperty("samples_per_second", Measured.rounded(test.size() / measured.seconds(), 0.1));
        json.addProperty("parameters", model.parameterCount());
        json.addProperty("backend", engine.backend().name());
        json.add("confusion", measured.confusionJson());
        console.result(json);
    }
}
