package dev.lamina.cli;

import dev.lamina.core.LaminaException;
import dev.lamina.core.backend.Backend;
import dev.lamina.core.backend.Backends;
import java.util.List;

/**
 * What computes.
 *
 * @param backend in use
 * @param threads of its pool
 */
record Engine(Backend backend, int threads) {
    private static final String THREADS = "lamina.threads";
    private static final int MOST_THREADS = 1024;

    /** Follows {@code --threads} and {@code --backend}; must come before the first computation. */
    static Engine start(Arguments arguments) {
        if (arguments.text("--threads").isPresent()) {
            System.setProperty(THREADS, Integer.toString(arguments.integer("--threads", 1, 1, MOST_THREADS)));
        }
        arguments.text("--backend").ifPresent(Engine::use);
        int threads = poolSize();
        return new Engine(Backends.current(), threads);
    }

    private static void use(String name) {
        // The null backend computes nothing, which is of no use here.
        List<String> names = Backends.all().stream()
                .map(Backend::name)
                .filter(known -> !known.equals("null"))
                .toList();
        if (!names.contains(name)) {
            throw new UsageException("--backend: expected one of " + String.join(", ", names) + ", got '" + name + "'");
        }
        Backends.use(name);
    }

    private static int poolSize() {
        String text = System.getProperty(THREADS, "").strip();
        if (text.isEmpty()) {
            return Runtime.getRuntime().availableProcessors();
        }
        int count = text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
        if (count < 1 || count > MOST_THREADS) {
            throw new LaminaException("-D" + THREADS + ": expected a whole number from 1 to " + MOST_THREADS + ", got '"
                    + text + "'; use the number of processors");
        }
        return count;
    }
}
