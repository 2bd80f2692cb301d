package dev.lamina.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Schedules that the golden fixtures do not have; and descriptions of all. */
class ScheduleTest {
    private static double[] factors(Schedule schedule, int count) {
        return LongStream.range(0, count).mapToDouble(schedule::factor).toArray();
    }

    @Test
    void cyclicGoesUpAndDown() {
        double[] expected = {0.2, 0.6, 1, 0.8, 0.6, 0.4, 0.2, 0.6, 1};
        assertArrayEquals(expected, factors(Schedules.cyclic(0.2, 2, 4), 9), 1e-12);
        double[] triangular2 = {0.2, 0.6, 1, 0.8, 0.6, 0.4, 0.2, 0.4, 0.6};
        assertArrayEquals(triangular2, factors(Schedules.cyclic(0.2, 2, 4, 0.5), 9), 1e-12);
    }

    @Test
    void inverseSqrtWarmsUpAndFalls() {
        assertArrayEquals(
                new double[] {0, 0.25, 0.5, 0.75, 1, Math.sqrt(0.8), Math.sqrt(4.0 / 6)},
                factors(Schedules.inverseSqrt(4), 7),
                1e-12);
    }

    @Test
    void schedulesStayAtTheirEnd() {
        assertEquals(0.1, Schedules.cosine(10).floor(0.1).factor(25), 1e-12);
        assertEquals(0.2, Schedules.polynomial(10, 2).floor(0.2).factor(25), 1e-12);
        assertEquals(0.2 + 0.8 * 0.25, Schedules.polynomial(10, 2).floor(0.2).factor(5), 1e-12);
        assertEquals(1.0 / 25 / 1e4, Schedules.oneCycle(10).factor(25), 1e-12);
        assertEquals(0.3, Schedules.linear(1, 0.3, 10).factor(25), 1e-12);
    }

    static Stream<Schedule> all() {
        return Stream.of(
                Schedules.constant().warmup(5),
                Schedules.stepDecay(3, 0.5),
                Schedules.multistep(0.1, 2, 5),
                Schedules.exponential(0.9),
                Schedules.polynomial(8, 2).floor(0.1),
                Schedules.linear(0.1, 1, 7),
                Schedules.cosine(6).floor(0.1).mirrored().warmup(2),
                Schedules.cosineRestarts(3, 2),
                Schedules.oneCycle(9)
                        .straight()
                        .threePhases()
                        .rise(0.4)
                        .ends(0.1, 0.01)
                        .momenta(0.9, 0.8),
                Schedules.cyclic(0.1, 2, 3, 0.5),
                Schedules.noam(64, 4),
                Schedules.inverseSqrt(4),
                Schedules.plateau("loss")
                        .factor(0.5)
                        .patience(0)
                        .largerIsBetter()
                        .minDelta(0.1)
                        .cooldown(1)
                        .floor(0.01));
    }

    @ParameterizedTest
    @MethodSource("all")
    void configsMakeEqualSchedules(Schedule schedule) {
        Config config = schedule.config().orElseThrow();
        Schedule again = Schedules.of(config);
        assertEquals(config, again.config().orElseThrow());
        assertArrayEquals(factors(schedule, 20), factors(again, 20));
        double[] state = schedule.start();
        double[] other = again.start();
        for (int i = 0; i < 6; i++) {
            state = schedule.observed(state, 0.01 * i);
            other = again.observed(other, 0.01 * i);
            assertEquals(schedule.factor(i, state), again.factor(i, other));
            assertEquals(schedule.momentum(i), again.momentum(i));
        }
    }
}
