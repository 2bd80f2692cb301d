package dev.lamina.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;

class LaminaExceptionTest {

    @Test
    void placeIsAddedAndEverythingElseIsKept() {
        Exception cause = new IllegalStateException("below");
        List<LaminaException> errors = List.of(
                new LaminaException("a", cause),
                new ShapeException("a", cause),
                new DTypeException("a", cause),
                new DataException("a", cause),
                new MemoryLimitException("a", cause));
        for (LaminaException error : errors) {
            error.addSuppressed(new RuntimeException("beside"));
            LaminaException placed = error.at("dense").at("model");
            assertEquals("model: dense: a", placed.getMessage());
            assertSame(error.getClass(), placed.getClass());
            assertSame(cause, placed.getCause());
            assertArrayEquals(error.getSuppressed(), placed.getSuppressed());
            assertArrayEquals(error.getStackTrace(), placed.getStackTrace());
        }
    }

    @Test
    void causeIsOptional() {
        LaminaException placed = new ShapeException("a").at("dense");
        assertEquals("dense: a", placed.getMessage());
        assertSame(null, placed.getCause());
    }
}
