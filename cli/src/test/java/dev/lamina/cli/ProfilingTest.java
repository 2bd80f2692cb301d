package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilingTest {
    @TempDir
    private Path folder;

    @Test
    void trainShowsAndWritesWhatEachKernelTook() throws Exception {
        Path run = folder.resolve("run");
        Cli.Result result =
                Cli.run("train", "digits", "--epochs", "1", "--precision", "bf16", "--json", "--out", run, "--profile");
        Path table = run.resolve("profile.txt");
        assertEquals(table.toString(), result.json().get("profile").getAsString());
        String text = Files.readString(table);
        assertTrue(text.contains("GFLOP/s (bf16 product)") && text.contains(" in bf16"), text);
        assertTrue(result.err().contains(text), result.text());
        int events = JsonParser.parseString(Files.readString(run.resolve("profile.txt.json")))
                .getAsJsonObject()
                .getAsJsonArray("traceEvents")
                .size();
        assertTrue(events > 22 * 5, "events of one epoch: " + events);
    }

    @Test
    void theFileCanBeChosen() {
        Path file = folder.resolve("kernels.txt");
        Cli.Result result =
                Cli.run("train", "digits", "--epochs", "1", "--out", folder.resolve("run"), "--profile", file);
        assertEquals(0, result.code(), result.text());
        assertTrue(Files.exists(file) && Files.exists(folder.resolve("kernels.txt.json")));
    }

    @Test
    void aFolderThatIsNotThereIsOneLine() {
        Path file = folder.resolve("nowhere").resolve("kernels.txt");
        Cli.Result result = Cli.run(
                "train", "digits", "--epochs", "1", "--json", "--out", folder.resolve("run"), "--profile", file);
        assertEquals(1, result.code(), result.text());
        assertTrue(result.err().lines().toList().getLast().contains("expected to write the profile"), result.text());
    }
}
