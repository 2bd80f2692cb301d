package dev.lamina.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Measures: warm-up, then samples of ours and of the peer by turns, so that both see the same weather. */
final class Sampler {
    /** A sample is as many runs as take this long. */
    private static final double SAMPLE_SECONDS = 0.03;

    /** Threads of the other side may spin for a while after their last run. */
    private static final long PAUSE_MILLIS = 10;

    private Sampler() {}

    /** Samples in the row's unit. */
    private record Samples(Unit unit, double[] values) {
        double best() {
            return unit.isRate()
                    ? Arrays.stream(values).max().orElseThrow()
                    : Arrays.stream(values).min().orElseThrow();
        }

        double median() {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /** Measures a row and returns its line. */
    static String line(String name, int threads, Work work) throws InterruptedException {
        work.check();
        Optional<Work.Peer> peer = work.peer();
        int runs = warm(work::run, work.warmUp());
        int peerRuns = peer.map(p -> warm(p.run(), work.warmUp())).orElse(0);
        Samples ours = new Samples(work.unit(), new double[work.samples()]);
        Optional<Samples> theirs = peer.map(p -> new Samples(p.unit(), new double[work.samples()]));
        for (int i = 0; i < work.samples(); i++) {
            ours.values[i] = ours.unit.of(sample(work::sample, work::run, runs));
            if (peer.isPresent()) {
                theirs.orElseThrow().values[i] = peer.get()
                        .unit()
                        .of(sample(peer.get().sample(), peer.get().run(), peerRuns));
            }
        }
        return String.format(
                Locale.ROOT,
                "{\"row\":\"%s\",\"ours\":%s,%s,\"unit\":\"%s\",\"threads\":%d,\"best\":%s,\"median\":%s,\"samples\":%d}",
                name,
                number(ours.median()),
                theirs.map(p -> compared(ours, p, peer.orElseThrow().name())).orElse("\"peer\":null,\"ratio\":null"),
                work.unit().name(),
                threads,
                number(ours.best()),
                number(ours.median()),
                ours.values.length);
    }

    /** The ratio of the medians, and that of the best: on a busy machine the second is what was least disturbed. */
    private static String compared(Samples ours, Samples theirs, String name) {
        return String.format(
                Locale.ROOT,
                "\"peer\":%s,\"ratio\":%.3f,\"peer_best\":%s,\"best_ratio\":%.3f,\"peer_is\":\"%s\"",
                number(theirs.median()),
                ours.unit.ratio(ours.median(), theirs.median()),
                number(theirs.best()),
                ours.unit.ratio(ours.best(), theirs.best()),
                name);
    }

    /** Four digits are more than the machine repeats. */
    private static String number(double value) {
        return new BigDecimal(value)
                .round(new MathContext(4))
                .stripTrailingZeros()
                .toPlainString();
    }

    /** The first run after the other side's is not counted where runs are short: it finds the caches full of other things. */
    private static double sample(Work.Sample sample, Runnable run, int runs) throws InterruptedException {
        if (runs > 1) {
            Thread.sleep(PAUSE_MILLIS);
            run.run();
        }
        return sample.of(runs);
    }

    /**
     * Runs until the compiler of the JVM has had its time; returns how many runs a sample has. Counted is the time of the
     * processor: on a busy machine a second of the clock warms less.
     */
    private static int warm(Runnable run, double atLeast) {
        double start = processorSeconds();
        double one = Double.POSITIVE_INFINITY;
        int runs = 1;
        while (processorSeconds() - start < atLeast) {
            one = Math.min(one, Work.seconds(run, runs) / runs);
            runs = (int) Math.clamp(Math.ceil(SAMPLE_SECONDS / one), 1, 1_000_000);
        }
        return runs;
    }

    private static double processorSeconds() {
        return ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .orElseGet(() -> Duration.ofNanos(System.nanoTime()))
                        .toNanos()
                * 1e-9;
    }
}
