package dev.lamina.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** The oracle itself against golden values and finite differences. */
class InterpreterTest {
    @TestFactory
    Stream<DynamicNode> golden() {
        return BackendSuite.golden("interpreter");
    }

    @TestFactory
    Stream<DynamicNode> gradients() {
        return BackendSuite.gradients("interpreter");
    }
}
