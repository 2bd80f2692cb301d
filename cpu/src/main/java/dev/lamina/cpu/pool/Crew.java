package dev.lamina.cpu.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a {@link Pool} and the job they work on.
 *
 * <p>{@code ticket} holds the number of the job (upper half) and how many of its tasks nobody has taken yet (lower half). A
 * task is taken by lowering it; that fails if the job has changed meanwhile, and while it succeeds the job cannot end, so
 * {@code body} and {@code tasks} belong to it.
 */
final class Crew {
    static final int MAX_THREADS = 1024;

    /** How long a thread without work looks for it before it parks: more than a fork and join, less than a time slice. */
    private static final long SPIN_NANOS = 20_000;

    private static final long REMAINING = 0xffff_ffffL;
    private static final VarHandle TICKET;
    private static final VarHandle DONE;
    private static final VarHandle OWNED;
    private static final Pool.Task NOTHING = index -> {};

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TICKET = lookup.findVarHandle(Crew.class, "ticket", long.class);
            DONE = lookup.findVarHandle(Crew.class, "done", int.class);
            OWNED = lookup.findVarHandle(Crew.class, "owned", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Worker[] workers;
    private int started; // guarded by this
    private volatile boolean stopped;
    private volatile boolean owned;
    private volatile long ticket;
    private volatile int done;
    private volatile @Nullable Thread waiter;

    private Pool.Task body = NOTHING;
    private int tasks;
    private @Nullable Throwable failure; // guarded by this
    private int failedTask; // guarded by this

    Crew(int threads) {
        workers = new Worker[threads - 1];
    }

    int threads() {
        return workers.length + 1;
    }

    void run(int count, Pool.Task task) {
        boolean alone = count <= 1 || workers.length == 0 || stopped || Thread.currentThread() instanceof Worker;
        if (alone || owned || !OWNED.compareAndSet(this, false, true)) {
            runInline(count, task);
            return;
        }
        Throwable thrown;
        try {
            thrown = runShared(count, task);
        } finally {
            owned = false;
        }
        rethrow(thrown);
    }

    private static void runInline(int count, Pool.Task task) {
        Throwable first = null;
        for (int i = 0; i < count; i++) {
            try {
                task.run(i);
            } catch (Throwable e) {
                first = first == null ? e : first;
            }
        }
        rethrow(first);
    }

    private static void rethrow(@Nullable Throwable thrown) {
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown instanceof Error e) {
            throw e;
        }
        if (thrown != null) {
            throw new IllegalStateException("pool: a task threw a checked exception", thrown);
        }
    }

    private @Nullable Throwable runShared(int count, Pool.Task task) {
        startAll();
        body = task;
        tasks = count;
        done = 0;
        long job = (ticket >>> 32) + 1;
        ticket = job << 32 | count;
        wake(Math.min(count - 1, workers.length));
        work(job);
        awaitDone(count);
        body = NOTHING;
        synchronized (this) {
            Throwable thrown = failure;
            failure = null;
            return thrown;
        }
    }

    /** Takes and runs tasks of a job until none is left. */
    private void work(long job) {
        for (long seen = ticket; seen >>> 32 == (job & REMAINING) && (seen & REMAINING) != 0; seen = ticket) {
            if (TICKET.compareAndSet(this, seen, seen - 1)) {
                int count = tasks;
                int index = count - (int) seen;
                try {
                    body.run(index);
                } catch (Throwable e) {
                    fail(index, e);
                }
                finish(count);
            }
        }
    }

    private void finish(int count) {
        if ((int) DONE.getAndAdd(this, 1) == count - 1) {
            Thread parked = waiter;
            if (parked != null) {
                LockSupport.unpark(parked);
            }
        }
    }

    private synchronized void fail(int index, Throwable thrown) {
        if (failure == null || index < failedTask) {
            failure = thrown;
            failedTask = index;
        }
    }

    private void awaitDone(int count) {
        long start = System.nanoTime();
        while (done != count) {
            Thread.onSpinWait();
            if (System.nanoTime() - start > SPIN_NANOS) {
                parkUntilDone(count);
            }
        }
    }

    private void parkUntilDone(int count) {
        boolean interrupted = false;
        waiter = Thread.currentThread();
        while (done != count) {
            LockSupport.park(this);
            // A set interrupt flag would make park return at once, for ever.
            interrupted |= Thread.interrupted();
        }
        waiter = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void wake(int wanted) {
        for (int i = 0; i < wanted; i++) {
            if (workers[i].parked) {
                LockSupport.unpark(workers[i]);
            }
        }
    }

    private synchronized void startAll() {
        for (; started < workers.length; started++) {
            workers[started] = new Worker(this, started + 1);
            workers[started].start();
        }
    }

    synchronized void stop() {
        stopped = true;
        for (int i = 0; i < started; i++) {
            LockSupport.unpark(workers[i]);
        }
    }

    /** A thread of the crew. */
    private static final class Worker extends Thread {
        private final Crew crew;
        private volatile boolean parked;

        Worker(Crew crew, int number) {
            super(null, null, "lamina-" + number, 0, false);
            this.crew = crew;
            setDaemon(true);
        }

        @Override
        public void run() {
            long job = 0;
            while (true) {
                job = crew.awaitJob(this, job);
                if (job < 0) {
                    return;
                }
                crew.work(job);
            }
        }
    }

    /** Number of a job other than the given one, or -1 if the crew has been stopped. */
    private long awaitJob(Worker worker, long last) {
        long start = System.nanoTime();
        while (!stopped) {
            long job = ticket >>> 32;
            if (job != last) {
                return job;
            }
            Thread.onSpinWait();
            if (System.nanoTime() - start > SPIN_NANOS) {
                Thread.interrupted(); // a set flag would make park return at once
                worker.parked = true;
                if (ticket >>> 32 == last && !stopped) {
                    LockSupport.park(this);
                }
                worker.parked = false;
                start = System.nanoTime();
            }
        }
        return -1;
    }
}
