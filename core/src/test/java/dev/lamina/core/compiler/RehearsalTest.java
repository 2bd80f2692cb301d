package dev.lamina.core.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.Plan;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    /** In the background an error would be lost. */
    @Test
    void compilesAndIsNotCounted() {
        long before = Plan.compiledCount();
        Rehearsal.compile();
        assertEquals(before, Plan.compiledCount());
    }
}
