package dev.lamina.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.lamina.core.memory.Memory;
import java.lang.module.ModuleDescriptor;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** What a run ran on, for its folder and for {@code lamina doctor}. */
final class Environment {
    private Environment() {}

    /** The version of Lamina, from the module or from the jar. */
    static String version() {
        return Optional.ofNullable(Main.class.getModule().getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .or(() -> Optional.ofNullable(Main.class.getPackage().getImplementationVersion()))
                .orElse("(not from a jar)");
    }

    /** For example "25.0.1+8 (Eclipse Adoptium)". */
    static String java() {
        return Runtime.version() + " (" + System.getProperty("java.vendor") + ")";
    }

    /** For example "Linux 6.8 amd64". */
    static String system() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
    }

    /** Everything as JSON. */
    static JsonObject json(Engine engine) {
        Machine machine = Machine.here();
        JsonObject json = new JsonObject();
        json.addProperty("lamina", version());
        json.addProperty("java", java());
        json.addProperty("os", system());
        json.addProperty("cpu", machine.cpu());
        json.add("cpu_features", array(machine.features()));
        json.addProperty("processors", machine.processors());
        machine.quota().ifPresent(quota -> json.addProperty("cpu_quota", quota));
        json.addProperty("threads", engine.threads());
        json.addProperty("backend", engine.backend().name());
        json.addProperty("backend_description", engine.backend().describe());
        json.addProperty("memory_limit", Memory.shared().limit());
        json.addProperty("memory_peak", Memory.shared().peak());
        json.addProperty("java_heap_limit", Runtime.getRuntime().maxMemory());
        json.addProperty("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return json;
    }

    private static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }
}
