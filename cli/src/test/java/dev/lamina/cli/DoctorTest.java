package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.lamina.core.backend.Backends;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorTest {
    @Test
    void tellsWhatComputesAndHowFast() {
        Cli.Result result = Cli.run("doctor", "--json");
        JsonObject json = result.json();
        assertEquals(Backends.current().name(), json.get("backend").getAsString());
        assertEquals(
                Backends.current().describe(), json.get("backend_description").getAsString());
        for (String key : List.of("matmul_gflops", "copy_gb_per_second", "memory_limit", "processors", "threads")) {
            assertTrue(json.get(key).getAsDouble() > 0, key + " in " + json);
        }
        assertTrue(
                json.get("memory_live").getAsLong() <= json.get("memory_limit").getAsLong(), json.toString());
        for (String line : List.of("java", "processor", "features", "threads", "backend", "matmul", "copy", "memory")) {
            assertTrue(result.err().contains("\n" + line + " "), () -> line + " in " + result.err());
        }
    }

    @Test
    void backendCanBeChosen() {
        String before = Backends.current().name();
        try {
            Cli.Result result = Cli.run("doctor", "--backend", "interpreter");
            assertEquals(0, result.code(), result.text());
            assertTrue(result.out().contains("\nbackend    interpreter: "), result.text());
        } finally {
            Backends.use(before);
        }
    }
}
