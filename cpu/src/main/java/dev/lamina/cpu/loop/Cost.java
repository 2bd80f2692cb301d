package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Task;

/** Rough costs of a loop, from its shape only, so that results do not depend on the machine's load or threads. */
final class Cost {
    /** Instructions that a heavy function counts. */
    private static final int HEAVY = 14;

    /** Nanoseconds per instruction. */
    private static final double INSTRUCTION = 0.25;

    /** Nanoseconds per byte that is read or written. */
    private static final double BYTE = 0.025;

    private Cost() {}

    /** Instructions per element of the space, roughly. */
    private static int instructions(Task.Loop loop, Values values) {
        int sum = loop.stores().size();
        for (int v = 0; v < loop.values().size(); v++) {
            if (values.isNeeded(v)) {
                sum += switch (loop.values().get(v)) {
                    case Task.Load ignored -> 1;
                    case Task.Constant ignored -> 0;
                    case Task.Position ignored -> 2;
                    case Task.Uniform ignored -> 60;
                    case Task.Apply apply -> apply.op().isHeavy() ? HEAVY : 1;
                    case Task.Fold ignored -> 2;
                };
            }
        }
        return sum;
    }

    /** Vectors that an iteration of the loop over the vector axis takes. */
    static int copies(Plan plan) {
        Space space = plan.space();
        if (space.vector() < 0 || space.across() >= 0) {
            return 1;
        }
        Task.Loop loop = plan.loop();
        int folds = 0;
        for (int v = 0; v < loop.values().size(); v++) {
            if (plan.values().isNeeded(v) && loop.values().get(v) instanceof Task.Fold fold) {
                if (Plan.isPosition(fold.kind())) {
                    return 1;
                }
                folds++;
            }
        }
        int weight = instructions(loop, plan.values()) + folds;
        // Sums wait for the one before in the same register; iterations of a map do not wait for each other.
        int most = folds == 1 ? 4 : folds > 0 || weight <= 4 ? 2 : 1;
        long vectors = space.extent(space.vector()) / plan.lanes();
        return (int) Math.max(1, Math.min(most, Long.highestOneBit(Math.max(1, vectors))));
    }

    /** Estimated nanoseconds per element of the space. */
    static double perElement(Plan plan) {
        Task.Loop loop = plan.loop();
        Values values = plan.values();
        int rank = plan.space().rank();
        double bytes = 0;
        for (int v = 0; v < loop.values().size(); v++) {
            if (values.isNeeded(v) && values.depth(v) == rank && loop.values().get(v) instanceof Task.Load load) {
                bytes += load.dtype().bytes();
            }
        }
        for (Task.Store store : loop.stores()) {
            bytes +=
                    values.depth(store.value()) == rank ? store.access().dtype().bytes() : 0;
        }
        return instructions(loop, values) * INSTRUCTION / plan.lanes() + bytes * BYTE;
    }
}
