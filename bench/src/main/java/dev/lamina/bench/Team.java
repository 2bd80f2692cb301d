package dev.lamina.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads of the peers: ordinary Java, a range of rows for each. */
final class Team {
    private static final ExecutorService THREADS = Executors.newFixedThreadPool(Main.threads(), body -> {
        Thread thread = new Thread(body, "peer");
        thread.setDaemon(true);
        return thread;
    });

    /** Some rows of the work. */
    @FunctionalInterface
    interface Part {
        void run(int from, int to);
    }

    private Team() {}

    /** Cuts 0 .. rows into as many ranges as there are threads, and waits for all. */
    static void run(int rows, Part part) {
        int threads = Main.threads();
        List<Future<?>> others = new ArrayList<>();
        for (int t = 1; t < threads; t++) {
            int from = (int) ((long) rows * t / threads);
            int to = (int) ((long) rows * (t + 1) / threads);
            others.add(THREADS.submit(() -> part.run(from, to)));
        }
        part.run(0, rows / threads);
        for (Future<?> other : others) {
            try {
                other.get();
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException("peer", e);
            }
        }
    }
}
