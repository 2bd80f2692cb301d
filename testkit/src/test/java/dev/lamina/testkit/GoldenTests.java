package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.cpu.Instructions;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * The golden cases that one test takes, and what it does with them.
 *
 * @param groups of the manifest
 * @param takes which cases of them
 * @param check throws where a value differs
 */
record GoldenTests(Set<String> groups, Predicate<GoldenCase> takes, Consumer<GoldenCase> check) {
    /** The interpreters, the backend as users have it, and its instruction paths on guarded buffers. */
    static List<String> backends() {
        return Stream.concat(
                        Stream.of("interpreter", "tasks", "cpu"),
                        Stream.of(Instructions.values())
                                .filter(Instructions::isAvailable)
                                .map(path -> "guarded-" + path.name()))
                .toList();
    }

    List<GoldenCase> cases() {
        return Golden.cases(groups).stream().filter(takes).toList();
    }

    /** One test for each case and backend. */
    Stream<DynamicNode> onAllBackends() {
        List<GoldenCase> cases = cases();
        return backends().stream()
                .flatMap(backend -> cases.stream()
                        .map(golden -> dynamicTest(
                                golden.name() + " on " + backend,
                                () -> OnBackend.of(backend, () -> {
                                    check.accept(golden);
                                    return true;
                                }))));
    }

    /** One test for each case, for what is computed in Java alone. */
    Stream<DynamicNode> once() {
        return cases().stream().map(golden -> dynamicTest(golden.name(), () -> check.accept(golden)));
    }
}
