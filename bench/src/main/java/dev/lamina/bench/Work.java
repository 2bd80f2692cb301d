package dev.lamina.bench;

import java.util.Optional;

/** Something to measure, and something to compare it with. */
interface Work {
    /** One run of ours. */
    void run();

    /** The unit of {@link #run}. */
    Unit unit();

    /** Throws when ours computes a wrong value. Comes before all measurements. */
    void check();

    /** One run of what ours is compared with. */
    default Optional<Peer> peer() {
        return Optional.empty();
    }

    /** What a sample of so many runs comes to, per run: seconds, or whatever the unit counts. */
    default double sample(int runs) {
        return seconds(this::run, runs) / runs;
    }

    /** The least number of seconds of the processor that each side runs before it is measured. */
    default double warmUp() {
        return 2;
    }

    /** How many samples are taken. */
    default int samples() {
        return 21;
    }

    /** Time of some runs. */
    static double seconds(Runnable run, int times) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
            run.run();
        }
        return (System.nanoTime() - start) * 1e-9;
    }

    /**
     * What ours is compared with.
     *
     * @param name what it is
     * @param unit of its run; of the same name as ours
     * @param run one run
     * @param sample what a sample of so many runs comes to, per run
     */
    record Peer(String name, Unit unit, Runnable run, Sample sample) {
        /** Counted is time. */
        Peer(String name, Unit unit, Runnable run) {
            this(name, unit, run, runs -> seconds(run, runs) / runs);
        }

        static Peer of(Peers.Rival rival, Unit unit) {
            return new Peer(rival.name(), unit, rival.run());
        }
    }

    /** Takes a sample of so many runs. */
    @FunctionalInterface
    interface Sample {
        double of(int runs);
    }
}
