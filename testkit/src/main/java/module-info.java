import org.jspecify.annotations.NullMarked;

/** Test kit: gradient check, backend conformance, golden fixtures, differential fuzz. */
@NullMarked
module dev.lamina.testkit {
    requires transitive dev.lamina.core;
    requires transitive dev.lamina.data;
    requires transitive dev.lamina.nn;
    requires transitive com.google.gson;
    requires transitive org.junit.jupiter.api;
    requires static org.jspecify;

    exports dev.lamina.testkit;

    provides dev.lamina.core.backend.Backend with
            dev.lamina.testkit.TaskInterpreter;
}
