package dev.lamina.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** The whole conformance suite on lowered tasks: what fails here and not on the interpreter is a fault of the compiler. */
class TaskInterpreterTest {
    @TestFactory
    Stream<DynamicNode> conformance() {
        return BackendSuite.of("tasks");
    }
}
