package dev.lamina.testkit;

import java.util.List;

/** The convolution layers in the harness. */
final class ConvolutionLayerCases {
    private ConvolutionLayerCases() {}

    static List<LayerHarness> all() {
        return List.of();
    }
}
