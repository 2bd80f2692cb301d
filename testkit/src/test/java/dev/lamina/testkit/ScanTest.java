package dev.lamina.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Scans on the backends between the interpreter and machine code. */
class ScanTest {
    @TestFactory
    Stream<DynamicNode> interpreter() {
        return Scans.tests("interpreter");
    }

    @TestFactory
    Stream<DynamicNode> tasks() {
        return Scans.tests("tasks");
    }

    @TestFactory
    Stream<DynamicNode> cpu() {
        return Scans.tests("cpu");
    }
}
