package dev.lamina.core.profile;

import dev.lamina.core.backend.Task;
import dev.lamina.core.compiler.ProgramCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Measures each kernel of all plans that are compiled while it is on. {@code -Dlamina.profile=FILE} turns it on for the whole process
 * and writes the {@link Profile} when the process ends: a table in FILE and a Chrome trace in FILE.json. While a recording of the JDK
 * Flight Recorder runs, each kernel also is an event {@code dev.lamina.Kernel}. Off, it costs nothing.
 */
public final class Profiler {
    /** The newest kernels go into the trace: the first steps of a program also load classes, and a viewer has its limits. */
    private static final int TRACED = 200_000;

    private static volatile @Nullable Profiler current = fromSettings();

    private final List<Meter> meters = new ArrayList<>(); // guarded by this
    private final ArrayDeque<Meter.Run> runs = new ArrayDeque<>(); // guarded by this
    private int traced; // guarded by this

    private Profiler() {}

    /** Turns it on. Plans made before are not measured; values that are computed from now on are compiled anew. */
    public static Profiler start() {
        Profiler profiler = new Profiler();
        current = profiler;
        ProgramCache.clear();
        return profiler;
    }

    /** Turns it off for what is compiled from now on. */
    public void stop() {
        current = null;
        ProgramCache.clear();
    }

    /** What runs the kernels of a new plan, or empty while the profiler is off. */
    public static Optional<Meter> meter(List<Task> tasks) {
        return Optional.ofNullable(current).map(profiler -> profiler.newMeter(tasks));
    }

    private synchronized Meter newMeter(List<Task> tasks) {
        Meter meter = new Meter(this, meters.size(), tasks);
        meters.add(meter);
        return meter;
    }

    synchronized void add(Meter.Run run) {
        runs.add(run);
        traced += run.times().length - 1;
        while (traced > TRACED) {
            traced -= runs.remove().times().length - 1;
        }
    }

    /** What has been measured so far. */
    public synchronized Profile profile() {
        return new Profile(
                meters.stream().flatMap(meter -> meter.rows().stream()).toList(), List.copyOf(runs));
    }

    private static @Nullable Profiler fromSettings() {
        String file = System.getProperty("lamina.profile", "").strip();
        if (file.isEmpty()) {
            return null;
        }
        Profiler profiler = new Profiler();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> write(profiler.profile(), Path.of(file)), "lamina-profile"));
        return profiler;
    }

    private static void write(Profile profile, Path file) {
        System.Logger log = System.getLogger("dev.lamina");
        try {
            profile.write(file, Limits.measure(profile.hasHalf()));
            log.log(System.Logger.Level.INFO, "profile: {0}", file);
        } catch (IOException e) {
            log.log(System.Logger.Level.ERROR, "profile: cannot write " + file, e);
        }
    }
}
