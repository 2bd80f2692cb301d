package dev.lamina.cli;

import com.google.gson.JsonObject;
import dev.lamina.core.DataException;
import dev.lamina.core.profile.Limits;
import dev.lamina.core.profile.Profile;
import dev.lamina.core.profile.Profiler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The option {@code --profile [FILE]}: what each kernel of a training took.
 *
 * @param profiler that is on
 * @param file for the table, or empty for one in the run folder
 */
record Profiling(Profiler profiler, Optional<Path> file) {
    static final String OPTION = "--profile";

    /** Turns the profiler on if the option is there; must come before the first computation. */
    static Optional<Profiling> start(Arguments arguments) {
        return arguments
                .text(OPTION)
                .map(text -> new Profiling(
                        Profiler.start(), text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text))));
    }

    /** Shows the table, and writes it and the trace. */
    void finish(RunFolder run, Console console, JsonObject result) {
        profiler.stop();
        Profile profile = profiler.profile();
        Limits limits = Limits.measure(profile.hasHalf());
        Path table = file.orElse(run.path().resolve("profile.txt"));
        try {
            profile.write(table, limits);
        } catch (IOException e) {
            throw new DataException(
                    table + ": expected to write the profile, got " + Reason.of(e) + "; choose another " + OPTION, e);
        }
        console.print("\n" + profile.table(limits));
        console.line("profile: %s, trace for a viewer such as Perfetto: %s.json", table, table);
        result.addProperty("profile", table.toString());
    }
}
