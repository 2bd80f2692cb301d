package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Tensor;
import dev.lamina.data.Digits;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.History;
import org.junit.jupiter.api.Test;

/** The autoencoders learn digits. */
class AutoencodersTest {
    /** What the best constant answer, the mean digit, is off. */
    private static double variance(Tensor x) {
        return x.sub(x.mean(0)).square().mean().item();
    }

    @Test
    void theBottleneckKeepsMostOfTheDigits() {
        Evaluation result = Autoencoder.train(Autoencoder.network(), 20);
        double constant = variance(Digits.test().features());
        assertTrue(result.loss() < 0.3 * constant, result.loss() + " of " + constant);
    }

    @Test
    void theLowerBoundRises() {
        VariationalAutoencoder model = new VariationalAutoencoder();
        History first = VariationalAutoencoder.train(model, 1);
        Tensor test = Digits.test().features();
        double before = model.bound(test, 3);
        History history = VariationalAutoencoder.train(model, 20);
        double after = model.bound(test, 3);
        assertTrue(history.last().value("loss") < first.last().value("loss"));
        assertTrue(after > before + 3, before + " to " + after);
        Tensor invented = model.invent(50, 4);
        double ink = invented.mean().item();
        assertEquals(test.mean().item(), ink, 0.1);
        assertTrue(variance(invented) > 0.3 * variance(test), "all the same");
    }
}
