package dev.lamina.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Measures: warm-up, then samples of ours and of the peer by turns, so that both see the same weather. */
final class Sampler {
    /** A sample is as many runs as take this long. */
    private static final double SAMPLE_SECONDS = 0.05;

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
    static String line(String name, int threads, Work work) {
        work.check();
        Optional<Work.Peer> peer = work.peer();
        int runs = warm(work::run, work.warmUp());
        int peerRuns = peer.map(p -> warm(p.run(), work.warmUp())).orElse(0);
        Samples ours = new Samples(work.unit(), new double[work.samples()]);
        Optional<Samples> theirs = peer.map(p -> new Samples(p.unit(), new double[work.samples()]));
        for (int i = 0; i < work.samples(); i++) {
            ours.values[i] = work.unit().of(seconds(work::run, runs) / runs);
            if (peer.isPresent()) {
                Work.Peer p = peer.get();
                theirs.orElseThrow().values[i] = p.unit().of(seconds(p.run(), peerRuns) / peerRuns);
            }
        }
        String compared = theirs.map(p -> String.format(
                        Locale.ROOT,
                        "\"peer\":%s,\"ratio\":%.2f,\"peer_best\":%s,\"peer_is\":\"%s\"",
                        number(p.median()),
                        work.unit().ratio(ours.median(), p.median()),
                        number(p.best()),
                        peer.orElseThrow().name()))
                .orElse("\"peer\":null,\"ratio\":null");
        return String.format(
                Locale.ROOT,
                "{\"row\":\"%s\",\"ours\":%s,%s,\"unit\":\"%s\",\"threads\":%d,\"best\":%s,\"median\":%s,\"runs\":%d}",
                name,
                number(ours.median()),
                compared,
                work.unit().name(),
                threads,
                number(ours.best()),
                number(ours.median()),
                ours.values.length);
    }

    /** Four digits are more than the machine repeats. */
    private static String number(double value) {
        return new java.math.BigDecimal(value)
                .round(new java.math.MathContext(4))
                .stripTrailingZeros()
                .toPlainString();
    }

    /**
     * Runs until the compiler of the JVM has had its time; returns how many runs a sample has. Counted is the time of the
     * processor: on a busy machine a second of the clock warms less.
     */
    private static int warm(Runnable run, double atLeast) {
        double start = processorSeconds();
        double one = Double.POSITIVE_INFINITY;
        int runs = 1;
        do {
            one = Math.min(one, seconds(run, runs) / runs);
            runs = (int) Math.clamp(Math.ceil(SAMPLE_SECONDS / one), 1, 1_000_000);
        } while (processorSeconds() - start < atLeast);
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

    private static double seconds(Runnable run, int times) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
            run.run();
        }
        return (System.nanoTime() - start) * 1e-9;
    }
}
