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

    /** The least number of seconds of the processor that each side runs before it is measured. */
    default double warmUp() {
        return 5;
    }

    /** How many samples are taken. */
    default int samples() {
        return 15;
    }

    /**
     * What ours is compared with.
     *
     * @param name what it is
     * @param unit of its run; of the same name as ours
     * @param run one run
     */
    record Peer(String name, Unit unit, Runnable run) {}
}
