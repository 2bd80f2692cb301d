package dev.lamina.cpu.pool;

import dev.lamina.core.LaminaException;
import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/**
 * Threads that run the tasks of a kernel. A caller and the threads take task numbers from one counter, in order, until none is
 * left; so which thread runs a task is open, and a kernel that wants the same bits for every thread count splits its work by
 * shape only.
 *
 * <p>One caller at a time has the threads. A second caller, and a task that calls {@link #run} itself, does its tasks on its
 * own thread: the machine is busy already, and there is no lock to wait for. A run allocates nothing.
 */
public final class Pool {
    private static final Cleaner CLEANER = Cleaner.create();

    private static volatile @Nullable Pool shared;

    private final Crew crew;
    private final Cleaner.Cleanable closing;

    private Pool(int threads) {
        crew = new Crew(threads);
        // The threads know only the crew, so that an unreachable pool ends.
        closing = CLEANER.register(this, crew::stop);
    }

    /** Numbered work. */
    @FunctionalInterface
    public interface Task {
        /**
         * Does one part of the work, on any thread, at the same time as other parts.
         *
         * @param index which part, from 0
         */
        void run(int index);
    }

    /** The pool of the process. Its size is {@code -Dlamina.threads}, or the number of processors the JVM may use. */
    public static Pool shared() {
        Pool pool = shared;
        return pool != null ? pool : openShared();
    }

    /** Not in a static initializer, so that a bad setting is an error with a message and not a broken class. */
    private static synchronized Pool openShared() {
        Pool pool = shared;
        if (pool == null) {
            pool = new Pool(sharedThreads());
            shared = pool;
        }
        return pool;
    }

    private static int sharedThreads() {
        String text = System.getProperty("lamina.threads", "").strip();
        if (text.isEmpty()) {
            // The JVM reads the limits of the container.
            return Runtime.getRuntime().availableProcessors();
        }
        try {
            return checked(Integer.parseInt(text));
        } catch (IllegalArgumentException e) {
            throw new LaminaException(
                    "-Dlamina.threads: expected a number from 1 to " + Crew.MAX_THREADS + ", got '" + text
                            + "'; use the number of processors",
                    e);
        }
    }

    /**
     * A pool of its own, for tests and for measurements. It ends when it is unreachable or by {@link #close}.
     *
     * @param threads threads that work at the same time, the caller included; at least 1
     */
    public static Pool of(int threads) {
        return new Pool(checked(threads));
    }

    private static int checked(int threads) {
        if (threads < 1 || threads > Crew.MAX_THREADS) {
            throw new IllegalArgumentException("threads: expected 1 to " + Crew.MAX_THREADS + ", got " + threads
                    + "; use the number of processors");
        }
        return threads;
    }

    /** Threads that work at the same time, the caller included. */
    public int threads() {
        return crew.threads();
    }

    /**
     * Runs the body once for each of 0 .. tasks-1 and returns when all are done. If tasks throw, all others run nevertheless,
     * and then the exception of the lowest task is thrown.
     *
     * @param tasks number of parts; none if 0 or less
     * @param body the work; what the caller wrote before is visible to it, and what it wrote is visible to the caller
     */
    public void run(int tasks, Task body) {
        crew.run(tasks, body);
    }

    /** Ends the threads of a pool made by {@link #of}; later runs happen on the caller. The shared pool ignores this. */
    public void close() {
        if (!equals(shared)) {
            closing.clean();
        }
    }
}
