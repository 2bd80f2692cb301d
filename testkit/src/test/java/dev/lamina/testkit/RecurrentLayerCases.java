package dev.lamina.testkit;

import java.util.List;

/** The recurrent layers in the harness. */
final class RecurrentLayerCases {
    private RecurrentLayerCases() {}

    static List<LayerHarness> all() {
        return List.of();
    }
}
