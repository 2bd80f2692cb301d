package dev.lamina.testkit;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The tests whose errors are shown in the catalogue: a new class with golden cases or gradients gets a line here. */
final class CatalogueTests {
    private CatalogueTests() {}

    /** Tests that compare with golden values through {@link Golden#compare}. */
    static List<Object> golden() {
        return List.of(
                new GoldenLayersTest(), new GoldenLossesTest(), new GoldenMetricsTest(), new GoldenOptimizersTest());
    }

    /** All layers in the harness. */
    static Stream<LayerHarness> harnesses() {
        return LayerHarnessTest.harnesses();
    }

    /** Gradients of losses, named by their factory and after a blank the case. */
    static Stream<DynamicNode> losses() {
        return new BlockGradientTest().losses();
    }
}
