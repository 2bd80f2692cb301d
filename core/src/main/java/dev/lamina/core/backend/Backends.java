package dev.lamina.core.backend;

import dev.lamina.core.LaminaException;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The backends of this process and the one in use. */
public final class Backends {
    /** What is used unless something else is asked for. By name, since a search opens all jars of a class path: a tenth of the time to the first result. */
    private static final String USUAL = "dev.lamina.cpu.CpuBackend";

    private static @Nullable Backend usual; // under the lock
    private static volatile List<Backend> all = List.of();
    private static volatile @Nullable Backend current;

    private Backends() {}

    /** All backends, preferred ones first. */
    public static synchronized List<Backend> all() {
        if (all.isEmpty()) {
            List<Backend> found = new ArrayList<>(List.of(new Interpreter(), new NullBackend()));
            usual().ifPresent(found::add);
            ServiceLoader.load(Backend.class, Backends.class.getClassLoader()).stream()
                    .filter(provider -> !provider.type().getName().equals(USUAL))
                    .forEach(provider -> found.add(provider.get()));
            found.sort((a, b) -> Integer.compare(b.priority(), a.priority()));
            all = List.copyOf(found);
        }
        return all;
    }

    /** The CPU backend if it is there: it is the first of all but those that must be asked for. */
    private static synchronized Optional<Backend> usual() {
        if (usual == null) {
            try {
                usual = Class.forName(USUAL)
                        .asSubclass(Backend.class)
                        .getConstructor()
                        .newInstance();
            } catch (ClassNotFoundException e) {
                return Optional.empty();
            } catch (InvocationTargetException e) {
                throw e.getCause() instanceof RuntimeException thrown ? thrown : new IllegalStateException(e);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        return Optional.of(usual);
    }

    /**
     * The backend in use: the one that {@code -Dlamina.backend} names, or the CPU backend, or without its jar the preferred one;
     * {@code -Dlamina.trace=backend} logs it.
     */
    public static Backend current() {
        Backend backend = current;
        return backend != null ? backend : choose();
    }

    private static synchronized Backend choose() {
        Backend backend = current;
        if (backend == null) {
            String wanted = System.getProperty("lamina.backend", "");
            backend = wanted.isEmpty() ? usual().orElseGet(() -> all().get(0)) : named(wanted);
            // Asked for, because the first logger of a process costs as much as a small network.
            if (System.getProperty("lamina.trace", "").contains("backend")) {
                System.getLogger("dev.lamina")
                        .log(System.Logger.Level.INFO, "backend {0}: {1}", backend.name(), backend.describe());
            }
            current = backend;
        }
        return backend;
    }

    /** Uses another backend from now on, in all threads. */
    public static synchronized void use(String name) {
        current = named(name);
    }

    /** The backend of a name. */
    public static Backend named(String name) {
        return all().stream()
                .filter(backend -> backend.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new LaminaException("backend: expected one of "
                        + all().stream().map(Backend::name).collect(Collectors.joining(", ")) + ", got '" + name
                        + "'; check -Dlamina.backend and that its jar is on the class path"));
    }
}
