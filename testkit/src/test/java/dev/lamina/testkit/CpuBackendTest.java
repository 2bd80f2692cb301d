package dev.lamina.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** The whole conformance suite on the CPU backend. */
class CpuBackendTest {
    @TestFactory
    Stream<DynamicNode> conformance() {
        return BackendSuite.of("cpu");
    }
}
