package dev.lamina.examples.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A million predictions and twice 10,000 training steps: the memory of the process stays as it is after the warm-up. */
@EnabledOnOs(OS.LINUX)
class MemoryTest {
    private static final long MOST_GROWTH = 20_000_000;

    /** A tenth of a phase is one line; the first two are its warm-up. */
    private static final int WARM_LINES = 2;

    @Test
    void residentMemoryStaysFlat() throws Exception {
        List<String> lines = Child.lines(MemoryProgram.class, List.of("-Xmx256m"), "1000000", "10000");
        for (String phase : new String[] {"predict", "loop", "fit"}) {
            long[] resident = lines.stream()
                    .filter(line -> line.startsWith(phase))
                    .mapToLong(line -> Long.parseLong(line.split(" ", -1)[1]))
                    .toArray();
            assertEquals(10, resident.length, () -> String.join("\n", lines));
            long growth = Arrays.stream(resident).skip(WARM_LINES).max().orElseThrow() - resident[WARM_LINES - 1];
            assertTrue(growth <= MOST_GROWTH, () -> phase + " grew by " + growth + "\n" + String.join("\n", lines));
        }
    }
}
