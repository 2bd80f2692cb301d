package dev.lamina.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import java.nio.file.Path;

/** {@code lamina summary RUN}. */
final class SummaryCommand implements Command {
    @Override
    public String name() {
        return "summary";
    }

    @Override
    public String purpose() {
        return "show the layers, options and result of a run";
    }

    @Override
    public void describe(Syntax syntax) {
        syntax.word("RUN", "folder that lamina train has written")
                .examples("lamina summary runs/digits-001", "lamina summary runs/digits-001 --json");
    }

    @Override
    public void run(Arguments arguments, Console console) {
        Path folder = Path.of(arguments.required(0, "the folder of a run behind summary"));
        RunFolder run = RunFolder.open(folder);
        JsonObject config = run.config();
        Model model = run.model();
        JsonObject json = new JsonObject();
        json.addProperty("run", folder.toString());
        json.addProperty("recipe", run.recipe().name());
        json.addProperty("parameters", model.parameterCount());
        json.addProperty("trained_epochs", model.trainedEpochs());
        json.add("layers", layers(model));
        json.add("config", config);
        console.print(model.summary() + "\n");
        console.line("options: %s", options(config));
        run.history().ifPresent(history -> {
            for (String name : new String[] {"test_accuracy", "test_loss"}) {
                if (history.has(name)) {
                    json.add(name, history.get(name));
                    console.line(
                            "%s %.4f", name.replace('_', ' '), history.get(name).getAsDouble());
                }
            }
        });
        console.result(json);
    }

    private static String options(JsonObject config) {
        StringBuilder text = new StringBuilder();
        config.entrySet().stream()
                .filter(entry -> !entry.getKey().equals("format"))
                .forEach(entry -> text.append(text.isEmpty() ? "" : ", ")
                        .append(entry.getKey())
                        .append(' ')
                        .append(
                                entry.getValue().isJsonPrimitive()
                                        ? entry.getValue().getAsString()
                                        : entry.getValue()));
        return text.toString();
    }

    private static JsonArray layers(Model model) {
        JsonArray layers = new JsonArray();
        for (Layer layer : model.children().values()) {
            JsonObject json = new JsonObject();
            json.addProperty("name", layer.name());
            layer.outputShape().ifPresent(shape -> json.addProperty("output", shape.toString()));
            json.addProperty("parameters", layer.parameterCount());
            layers.add(json);
        }
        return layers;
    }
}
