package dev.lamina.testkit;

import dev.lamina.core.backend.Backends;
import java.util.function.Supplier;

/** Runs something on a backend and then goes back to the one that was in use. */
public final class OnBackend {
    private OnBackend() {}

    /** The result of a computation on a backend. What it returns should be evaluated already. */
    public static <T> T of(String backend, Supplier<T> body) {
        String before = Backends.current().name();
        Backends.use(backend);
        try {
            return body.get();
        } finally {
            Backends.use(before);
        }
    }
}
