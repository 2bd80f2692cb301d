package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * What every backend has to pass, written with tensors only. The author of a backend runs it unchanged:
 *
 * <pre>{@code
 * class MyBackendTest {
 *     @TestFactory
 *     Stream<DynamicNode> conformance() {
 *         return BackendSuite.of("mine");
 *     }
 * }
 * }</pre>
 */
public final class BackendSuite {
    private static final int GRAPHS_PER_TEST = 100;

    private BackendSuite() {}

    /** All tests of a backend: golden values, ugly sizes, awkward values, products, windows, random numbers, finite differences, random graphs. */
    public static Stream<DynamicNode> of(String backend) {
        return Stream.of(
                dynamicContainer("golden", golden(backend)),
                dynamicContainer("sizes", Sizes.tests(backend)),
                dynamicContainer("values", AwkwardValues.tests(backend)),
                dynamicContainer("products", ProductFuzz.tests(backend)),
                dynamicContainer("windows", WindowFuzz.tests(backend)),
                dynamicContainer("random numbers", RandomNumbers.tests(backend)),
                dynamicContainer("gradients", gradients(backend)),
                dynamicContainer("scans", Scans.tests(backend)),
                dynamicContainer("random graphs", graphs(backend)));
    }

    /** Values and gradients of the golden cases that are written with tensors alone. */
    public static Stream<DynamicNode> golden(String backend) {
        List<GoldenCase> cases = Golden.cases(Set.of("ops", "activations", "chains", "attention", "layers"));
        return cases.stream()
                .filter(golden -> OpCases.has(golden.op()))
                .map(golden -> dynamicTest(
                        golden.name(),
                        () -> OnBackend.of(backend, () -> {
                            Map<String, Tensor> outputs = OpCases.outputs(golden);
                            Golden.check(golden, outputs, Golden.gradients(golden, outputs));
                            return true;
                        })));
    }

    /** Finite differences of every differentiable method, first and second order. */
    public static Stream<DynamicNode> gradients(String backend) {
        return GradientCases.all().stream()
                .map(gradient -> dynamicTest(gradient.toString(), () -> {
                    GradientCheck.Result result = OnBackend.of(backend, gradient::check);
                    if (!result.passes()) {
                        throw new AssertionError(
                                gradient + ": expected relative errors up to " + GradientCheck.TOLERANCE + ", got "
                                        + result.first() + " (first order), " + result.second() + " (second order)");
                    }
                }));
    }

    /** Random graphs against the interpreter. */
    public static Stream<DynamicNode> graphs(String backend) {
        return GraphFuzz.tests(GraphFuzz.count(), GRAPHS_PER_TEST, seed -> GraphFuzz.check(backend, seed));
    }
}
