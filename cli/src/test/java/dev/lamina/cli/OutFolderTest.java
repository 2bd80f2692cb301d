package dev.lamina.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.lamina.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a run goes: nothing of anybody is overwritten, and a failed training leaves nothing. */
class OutFolderTest {
    private static final List<Object> QUICK =
            List.of("train", "digits", "--epochs", "1", "--batch", "256", "--json", "--out");

    @TempDir
    private Path folder;

    private static Cli.Result train(Path out, Object... more) {
        List<Object> words = new java.util.ArrayList<>(QUICK);
        words.add(out);
        words.addAll(List.of(more));
        return Cli.run(words.toArray());
    }

    @Test
    void runIsReplacedOnlyByARun() throws IOException {
        Path out = folder.resolve("deep/er/run");
        JsonObject first = train(out).json();
        JsonObject second = train(out, "--seed", "3").json();
        assertEquals(3, second.get("seed").getAsInt());
        assertEquals(3, Json.read(out.resolve("config.json")).get("seed").getAsInt());
        assertEquals(first.get("parameters"), second.get("parameters"));
        Files.createDirectory(folder.resolve("empty"));
        train(folder.resolve("empty")).json();
    }

    @Test
    void otherFoldersAndFilesAreLeftAlone() throws IOException {
        Path letter =
                Files.writeString(Files.createDirectory(folder.resolve("mine")).resolve("letter.txt"), "dear");
        Cli.assertFails(
                train(letter.getParent()), 1, "mine: expected a new name, an empty folder or a run", "letter.txt");
        Cli.assertFails(train(letter), 1, "letter.txt: expected the name of a folder, got a file");
        Cli.assertFails(train(letter.resolve("below")), 1, "letter.txt");
        assertEquals("dear", Files.readString(letter));
        try (var files = Files.list(letter.getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void failedTrainingLeavesNoFolder() {
        Path out = folder.resolve("failed");
        Cli.Result result = train(out, "--lr", "1e30");
        assertEquals(1, result.code(), result.text());
        assertEquals("", result.out());
        String last = result.err().lines().toList().getLast();
        assertTrue(last.startsWith("lamina: fit: expected a finite loss, got "), result.text());
        assertFalse(Files.exists(out));
    }

    @Test
    void numbersOfRunsGoUp() throws IOException {
        RunFolder first = RunFolder.reserve(folder, "digits");
        assertEquals(folder.resolve("digits-001"), first.path());
        assertEquals(
                folder.resolve("digits-002"),
                RunFolder.reserve(folder, "digits").path());
        assertEquals(
                folder.resolve("mnist-001"), RunFolder.reserve(folder, "mnist").path());
        Files.createDirectory(folder.resolve("digits-041"));
        Files.createDirectory(folder.resolve("digits-x"));
        assertEquals(
                folder.resolve("digits-042"),
                RunFolder.reserve(folder, "digits").path());
        first.abandon();
        assertFalse(Files.exists(first.path()));
        RunFolder kept = RunFolder.reserve(Optional.of(folder.resolve("kept")), "digits");
        Files.writeString(kept.path().resolve("a"), "");
        kept.abandon();
        assertTrue(Files.exists(kept.path()));
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThrows(DataException.class, () -> RunFolder.reserve(file, "digits"));
    }
}
