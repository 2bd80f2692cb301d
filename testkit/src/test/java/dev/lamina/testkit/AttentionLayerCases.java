package dev.lamina.testkit;

import java.util.List;

/** The attention layers in the harness. */
final class AttentionLayerCases {
    private AttentionLayerCases() {}

    static List<LayerHarness> all() {
        return List.of();
    }
}
