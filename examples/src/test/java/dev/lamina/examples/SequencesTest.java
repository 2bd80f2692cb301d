package dev.lamina.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.data.Dataset;
import dev.lamina.nn.Evaluation;
import dev.lamina.testkit.Shared;
import org.junit.jupiter.api.Test;

/** Networks with memory learn from sequences; shortened. */
class SequencesTest {
    /** Two epochs over all phrases reach 0.81 to 0.82 with either; a quarter of them, once, is enough for a test. */
    @Test
    void sentencesPraiseOrNot() {
        Dataset.Split data = Sentiment.data(Shared.path("data/sst2"));
        assertEquals(60_614, data.train().size());
        assertEquals(872, data.test().size());
        Dataset.Split less = new Dataset.Split(data.train().take(15_000), data.test());
        for (boolean gru : new boolean[] {false, true}) {
            Evaluation result = Sentiment.run(less, gru, 1);
            assertTrue(result.metric("accuracy") > 0.6, result.toString());
        }
    }

    @Test
    void nextMonthsAreForecastBetterThanByTheLastOnes() {
        AirlinePassengers.Errors errors = AirlinePassengers.run(
                AirlinePassengers.passengers(Shared.path("data/tabular/airline-passengers.csv")), 100);
        assertTrue(errors.lstm() < 0.6 * errors.naive(), errors.toString());
        assertTrue(errors.lstm() < errors.lastYear(), errors.toString());
    }
}
