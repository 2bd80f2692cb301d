package dev.lamina.examples.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.lamina.data.Safetensors;
import dev.lamina.examples.Command;
import dev.lamina.testkit.Shared;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** On a machine that lacks the instructions the program says so, and the test is skipped. */
    @ParameterizedTest
    @CsvSource({"none, false", "256, false", "512, false", "512, true"})
    void eachKindOfInstructionsGivesTheSameWeightsForAnyNumberOfThreads(String vector, String amx) throws Exception {
        String data = Shared.path("data/mnist").toString();
        List<String> one = List.of();
        for (int threads : new int[] {1, 2, 3, 7}) {
            List<String> options = Stream.concat(
                            threads(threads).stream(), Stream.of("-Dlamina.vector=" + vector, "-Dlamina.amx=" + amx))
                    .toList();
            Command.Result result = Child.run(BitsProgram.class, options, "mnist", data);
            assumeFalse(result.err().contains("which this machine has"), result.err());
            assumeFalse(result.err().contains("this machine has no AMX"), result.err());
            assertEquals(0, result.code(), result.text());
            List<String> hashes = result.out().lines().toList();
            assertTrue(hashes.size() >= 22, () -> "expected a line for each variable, got " + hashes);
            one = threads == 1 ? hashes : one;
            assertEquals(one, hashes, threads + " threads");
        }
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
