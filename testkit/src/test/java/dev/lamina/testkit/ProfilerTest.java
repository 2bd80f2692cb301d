package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Tensor;
import dev.lamina.core.profile.Limits;
import dev.lamina.core.profile.Profile;
import dev.lamina.core.profile.Profiler;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilerTest {
    private static final Limits LIMITS = new Limits(
            new Limits.Rate(1024, 100, 90, 9), new Limits.Rate(1024, 1000, 900, 9), new Limits.Rate(1 << 24, 10, 9, 9));

    @TempDir
    private Path folder;

    /** Three runs of one plan with a product and a softmax. */
    private static Profile measured(Supplier<Tensor> computation) {
        return OnBackend.of("cpu", () -> {
            Profiler profiler = Profiler.start();
            try {
                for (int i = 0; i < 3; i++) {
                    computation.get().evaluate();
                }
            } finally {
                profiler.stop();
            }
            computation.get().evaluate(); // not measured
            return profiler.profile();
        });
    }

    private static Tensor productAndSoftmax() {
        return Tensor.ones(30, 20).matmul(Tensor.ones(20, 10)).softmax(1);
    }

    @Test
    void eachKernelIsCountedAndTimed() {
        Profile profile = measured(ProfilerTest::productAndSoftmax);
        Profile.Row product = profile.rows().stream()
                .filter(row -> row.kernel().startsWith("matmul [30, 20]f32 x [20, 10]f32"))
                .findFirst()
                .orElseThrow();
        assertEquals(3, product.calls());
        assertEquals(2.0 * 30 * 20 * 10, product.cost().flops());
        assertTrue(product.best() > 0 && product.nanos() >= 3 * product.best(), product::toString);
        assertTrue(profile.rows().stream().allMatch(row -> row.calls() == 3), profile.rows()::toString);
        assertEquals(4 * (600 + 200 + 300) * 1e-9 / 10, product.leastSeconds(LIMITS), 1e-15, "memory takes longer");
        String table = profile.table(LIMITS);
        assertEquals(2 + profile.rows().size(), table.lines().count(), table);
        assertTrue(table.contains("100 GFLOP/s (f32 product), 10.0 GB/s (copy)"), table);
        assertTrue(table.contains(" 3 ") && table.contains(product.kernel()), table);
    }

    @Test
    void theLimitIsTheSlowerOfMovingAndComputing() {
        Profile profile = measured(() -> Tensor.ones(64, 64).exp().sum());
        Profile.Row row = profile.rows().getFirst();
        double memory = row.cost().bytes() / 10e9;
        double compute = row.cost().flops() / 100e9;
        assertEquals(Math.max(memory, compute), row.leastSeconds(LIMITS), 1e-15);
    }

    @Test
    void theTraceIsJsonWithOneEventPerCall() throws Exception {
        Profile profile = measured(ProfilerTest::productAndSoftmax);
        StringWriter text = new StringWriter();
        profile.trace(text);
        List<JsonObject> events =
                JsonParser.parseString(text.toString())
                        .getAsJsonObject()
                        .getAsJsonArray("traceEvents")
                        .asList()
                        .stream()
                        .map(event -> event.getAsJsonObject())
                        .toList();
        assertEquals(3 * profile.rows().size(), events.size());
        double end = 0;
        for (JsonObject event : events) {
            assertEquals("X", event.get("ph").getAsString());
            assertTrue(event.get("ts").getAsDouble() >= end - 0.002, "events of one thread do not overlap");
            end = event.get("ts").getAsDouble() + event.get("dur").getAsDouble();
        }
    }

    @Test
    void tableAndTraceAreWritten() throws Exception {
        Path file = folder.resolve("profile.txt");
        measured(ProfilerTest::productAndSoftmax).write(file, LIMITS);
        assertTrue(Files.readString(file).contains("matmul"));
        assertTrue(Files.readString(folder.resolve("profile.txt.json")).startsWith("{"));
    }

    @Test
    void kernelsAreEventsOfTheFlightRecorder() throws Exception {
        Path file = folder.resolve("kernels.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("dev.lamina.Kernel");
            recording.start();
            measured(ProfilerTest::productAndSoftmax);
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("dev.lamina.Kernel"))
                .filter(event -> event.getString("kernel").startsWith("matmul"))
                .toList();
        assertEquals(3, events.size());
        assertEquals(12_000, events.getFirst().getDouble("flops"));
    }

    /** A long training must fit into memory and into the viewer. */
    @Test
    void theTraceKeepsTheNewestAndTheTableAll() throws Exception {
        int runs = 250_000;
        Profile profile = OnBackend.of("null", () -> {
            Profiler profiler = Profiler.start();
            try {
                Execution execution = Plan.compile(
                                List.of(), List.of(Tensor.arange(DType.I32, 7).mul(3)), Map.of())
                        .start();
                for (int i = 0; i < runs; i++) {
                    execution.run();
                }
            } finally {
                profiler.stop();
            }
            return profiler.profile();
        });
        assertEquals(runs, profile.rows().getFirst().calls());
        StringWriter text = new StringWriter();
        profile.trace(text);
        assertEquals(
                200_000,
                text.toString().lines().filter(line -> line.contains("kernel")).count());
    }
}
