package dev.lamina.core.profile;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs the kernels of one plan and takes the time of each. */
public final class Meter {
    /** A runtime image may lack the Flight Recorder. */
    private static final boolean FLIGHT =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private final Profiler profiler;
    private final int plan;
    private final List<String> kernels;
    private final List<Cost> costs;
    private final long[] nanos; // guarded by this
    private final long[] best; // guarded by this
    private long runs; // guarded by this

    /** One run of the plan: when each kernel began, and when the last one ended. */
    record Run(Meter meter, long thread, long[] times) {}

    Meter(Profiler profiler, int plan, List<Task> tasks) {
        this.profiler = profiler;
        this.plan = plan;
        kernels = tasks.stream().map(Cost::label).toList();
        costs = tasks.stream().map(Cost::of).toList();
        nanos = new long[tasks.size()];
        best = new long[tasks.size()];
        Arrays.fill(best, Long.MAX_VALUE);
    }

    /** Runs all kernels in order. */
    public void run(Kernel[] all, MemorySegment[] buffers) {
        long[] times = new long[all.length + 1];
        times[0] = System.nanoTime();
        for (int i = 0; i < all.length; i++) {
            if (FLIGHT) {
                recorded(all[i], buffers, i);
            } else {
                all[i].run(buffers);
            }
            times[i + 1] = System.nanoTime();
        }
        add(times);
        profiler.add(new Run(this, Thread.currentThread().threadId(), times));
    }

    private void recorded(Kernel kernel, MemorySegment[] buffers, int task) {
        KernelEvent event = new KernelEvent(kernels.get(task), plan, task, costs.get(task));
        event.begin();
        kernel.run(buffers);
        event.commit();
    }

    private synchronized void add(long[] times) {
        runs++;
        for (int i = 0; i < nanos.length; i++) {
            long time = times[i + 1] - times[i];
            nanos[i] += time;
            best[i] = Math.min(best[i], time);
        }
    }

    synchronized List<Profile.Row> rows() {
        List<Profile.Row> rows = new ArrayList<>();
        for (int i = 0; i < nanos.length && runs > 0; i++) {
            rows.add(new Profile.Row(plan, i, kernels.get(i), costs.get(i), runs, nanos[i], best[i]));
        }
        return rows;
    }

    /** The line of a trace for one kernel; times are in microseconds since the origin. */
    String event(Run run, int task, long origin) {
        return String.format(
                java.util.Locale.ROOT,
                "{\"name\":\"%s\",\"cat\":\"kernel\",\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,"
                        + "\"args\":{\"plan\":%d,\"task\":%d,\"bytes\":%d,\"flops\":%.0f}}",
                kernels.get(task),
                run.thread(),
                (run.times()[task] - origin) * 1e-3,
                (run.times()[task + 1] - run.times()[task]) * 1e-3,
                plan,
                task,
                costs.get(task).bytes(),
                costs.get(task).flops());
    }
}
