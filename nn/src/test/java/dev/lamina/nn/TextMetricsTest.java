package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.nn.metrics.Bleu;
import dev.lamina.nn.metrics.ErrorRate;
import dev.lamina.nn.metrics.Rouge;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Metrics of texts against the examples of their papers, and against values computed by hand. */
class TextMetricsTest {
    private static List<String> words(String text) {
        return Arrays.asList(text.split(" "));
    }

    /** Papineni and others 2002, section 2.1. */
    private static final List<List<String>> REFERENCES = List.of(
            words("It is a guide to action that ensures that the military will forever heed Party commands"),
            words(
                    "It is the guiding principle which guarantees the military forces always being under the command of the"
                            + " Party"),
            words("It is the practical guide for the army always to heed the directions of the party"));

    @Test
    void precisionsOfTheBleuPaper() {
        Bleu first = Metrics.bleu()
                .add(
                        words("It is a guide to action which ensures that the military always obeys the commands of the"
                                + " party"),
                        REFERENCES);
        assertEquals(17.0 / 18, first.precision(1), 1e-12);
        assertEquals(10.0 / 17, first.precision(2), 1e-12);
        Bleu second = Metrics.bleu()
                .add(
                        words("It is to insure the troops forever hearing the activity guidebook that party direct"),
                        REFERENCES);
        assertEquals(8.0 / 14, second.precision(1), 1e-12);
        assertEquals(1.0 / 13, second.precision(2), 1e-12);
        Bleu clipped = new Bleu(1)
                .add(
                        words("the the the the the the the"),
                        List.of(words("The cat is on the mat"), words("There is a cat on the mat")));
        assertEquals(1.0 / 7, clipped.precision(1), 1e-12);
    }

    @Test
    void bleuOfACorpus() {
        Bleu bleu = Metrics.bleu()
                .add(words("the cat sat on the mat"), List.of(words("the cat sat on the mat today")))
                .add(words("a dog ran"), List.of(words("a dog ran off fast")));
        // all n-grams are right; 9 tokens for references of 12
        assertEquals(Math.exp(1 - 12.0 / 9), bleu.value(), 1e-12);
        assertEquals(
                1,
                Metrics.bleu().add(words("a b c d"), List.of(words("a b c d"))).value(),
                1e-12);
        assertEquals(
                0, Metrics.bleu().add(words("a b c"), List.of(words("a b c"))).value());
        double smoothed =
                new Bleu(2).smooth().add(words("a b"), List.of(words("a c"))).value();
        assertEquals(Math.sqrt(0.5 * 0.5), smoothed, 1e-12);
        assertTrue(Double.isNaN(Metrics.bleu().value()));
    }

    /** Lin 2004, section 3: ROUGE-L 3/4 for S2 and 1/2 for S3, which ROUGE-2 takes for equal. */
    @Test
    void examplesOfTheRougePaper() {
        List<String> reference = words("police killed the gunman");
        List<String> second = words("police kill the gunman");
        List<String> third = words("the gunman kill police");
        assertEquals(0.75, Metrics.rougeL().add(second, reference).f1(), 1e-12);
        assertEquals(0.5, Metrics.rougeL().add(third, reference).f1(), 1e-12);
        assertEquals(1.0 / 3, Metrics.rouge(2).add(second, reference).f1(), 1e-12);
        assertEquals(1.0 / 3, Metrics.rouge(2).add(third, reference).f1(), 1e-12);
        Rouge both = Metrics.rouge(1).add(second, reference).add(words("police"), reference);
        assertEquals((0.75 + 1) / 2, both.precision(), 1e-12);
        assertEquals((0.75 + 0.25) / 2, both.recall(), 1e-12);
        assertEquals((0.75 + 0.4) / 2, both.f1(), 1e-12);
    }

    @Test
    void errorRates() {
        ErrorRate words = Metrics.wordErrorRate().add("the cat  sat mat", "the cat sat on the mat");
        assertEquals(2.0 / 6, words.value(), 1e-12);
        words.add("hello", "hello world");
        assertEquals(3.0 / 8, words.value(), 1e-12);
        assertEquals(
                3.0 / 7, Metrics.characterErrorRate().add("kitten", "sitting").value(), 1e-12);
        assertEquals(1, Metrics.wordErrorRate().add("", "a b").value());
        assertEquals(
                0.5,
                Metrics.characterErrorRate()
                        .add(List.of(1, 2, 3), List.of(1, 3))
                        .value());
    }
}
