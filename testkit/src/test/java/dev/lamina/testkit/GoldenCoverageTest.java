package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** No op of the manifest is forgotten. */
class GoldenCoverageTest {
    @Test
    void everyOpOfTheManifestIsMappedOrListed() {
        Set<String> missing = new TreeSet<>();
        for (GoldenCase golden : Golden.cases(Set.of("ops", "activations", "chains"))) {
            if (!OpCases.has(golden.op())) {
                missing.add(golden.op());
            }
        }
        assertEquals(Set.of(), missing, "map them in OpCases");
    }

    @Test
    void theManifestIsThere() {
        assertTrue(Golden.cases(Set.of("ops")).size() >= 300);
        assertTrue(Golden.cases(Set.of("activations")).size() >= 70);
        assertTrue(Golden.cases(Set.of("chains")).size() >= 14);
    }
}
