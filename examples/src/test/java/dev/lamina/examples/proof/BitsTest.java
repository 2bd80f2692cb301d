package dev.lamina.examples.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.data.Safetensors;
import dev.lamina.examples.Command;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A seed gives the same weights, bit for bit: for any number of threads, in each run, and after a kill. */
class BitsTest {
    @TempDir
    private Path folder;

    @Test
    void weightsAreTheSameForAnyNumberOfThreadsAndAfterAKill() throws Exception {
        List<String> one = hashes(1, "train");
        assertTrue(one.size() >= 10, () -> "expected a line for each variable, got " + one);
        assertEquals(one, hashes(2, "train"), "2 threads");
        assertEquals(one, hashes(7, "train"), "7 threads");
        assertEquals(one, hashes(7, "train"), "7 threads once more");
        String file = folder.resolve("model.safetensors").toString();
        Command.Result killed = Child.run(BitsProgram.class, threads(2), "killed", file);
        assertEquals(9, killed.code(), killed.text());
        assertEquals(one, hashes(7, "resume", file), "killed with 2 threads, resumed with 7");
    }

    @Test
    void theCommandsWeightsAreTheSameForAnyNumberOfThreads() throws Exception {
        Map<String, String> one = trained("1");
        assertTrue(one.size() >= 4, () -> "expected a tensor for each variable, got " + one);
        assertEquals(one, trained("2"), "2 threads");
        assertEquals(one, trained("7"), "7 threads");
    }

    private static List<String> hashes(int threads, String... arguments) throws Exception {
        return Child.lines(BitsProgram.class, threads(threads), arguments);
    }

    private static List<String> threads(int count) {
        return List.of("-Dlamina.threads=" + count);
    }

    /** Hashes of the tensors that {@code lamina train digits} wrote. */
    private Map<String, String> trained(String threads) throws Exception {
        Path run = folder.resolve("run-" + threads);
        Child.lines(
                dev.lamina.cli.Main.class,
                List.of(),
                "train",
                "digits",
                "--epochs",
                "3",
                "--threads",
                threads,
                "--out",
                run.toString());
        Map<String, String> hashes = new TreeMap<>();
        Safetensors.read(run.resolve("model.safetensors"))
                .tensors()
                .forEach((name, tensor) -> hashes.put(
                        name, BitsProgram.hash(tensor.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))));
        return hashes;
    }
}
