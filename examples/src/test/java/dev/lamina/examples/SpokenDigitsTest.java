package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Shape;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Evaluation;
import dev.lamina.testkit.Shared;
import org.junit.jupiter.api.Test;

/** Ten epochs reach an accuracy of 0.99 and more; three are enough for what has to be shown. */
class SpokenDigitsTest {
    @Test
    void digitsAreRecognized() {
        Dataset.Split data = SpokenDigits.data(Shared.path("data/fsdd/fsdd-recordings.tar.gz"));
        assertEquals(2700, data.train().size());
        assertEquals(300, data.test().size());
        assertEquals(Shape.of(64, 40), data.train().fields().getFirst().shape());
        Evaluation result = SpokenDigits.run(data, 3);
        assertTrue(result.metric("accuracy") > 0.9, result.toString());
    }
}
