package dev.lamina.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lamina.cpu.Instructions;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** The whole conformance suite with each kind of instructions of the CPU backend, on guarded memory. */
class PathsTest {
    @TestFactory
    Stream<DynamicNode> plainJava() {
        return suite(Instructions.PLAIN_JAVA);
    }

    @TestFactory
    Stream<DynamicNode> avx2() {
        return suite(Instructions.AVX2);
    }

    @TestFactory
    Stream<DynamicNode> avx512() {
        return suite(Instructions.AVX512);
    }

    @TestFactory
    Stream<DynamicNode> amx() {
        return suite(Instructions.AMX);
    }

    private static Stream<DynamicNode> suite(Instructions instructions) {
        assumeTrue(instructions.isAvailable(), () -> "this machine lacks " + instructions);
        return BackendSuite.of("guarded-" + instructions);
    }
}
