package dev.lamina.nn;

import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The variables of a layer and of the layers in it, layer by layer; a shared layer is met once. */
final class Parts {
    private final List<Entry> entries = new ArrayList<>();
    private final Set<Layer> seen = new HashSet<>();

    /**
     * A variable.
     *
     * @param path within the layer that was asked
     */
    record Entry(String path, Kind kind, Variable variable) {}

    enum Kind {
        PARAMETER,
        FROZEN,
        STATE
    }

    private Parts() {}

    static List<Entry> of(Layer layer) {
        Parts parts = new Parts();
        parts.collect(layer, "", layer.isFrozen());
        return parts.entries;
    }

    private void collect(Layer layer, String prefix, boolean frozenAbove) {
        if (!seen.add(layer)) {
            return;
        }
        boolean frozen = frozenAbove || layer.isFrozen();
        Kind kind = frozen ? Kind.FROZEN : Kind.PARAMETER;
        layer.ownParameters().forEach((name, variable) -> entries.add(new Entry(prefix + name, kind, variable)));
        layer.ownStates().forEach((name, variable) -> entries.add(new Entry(prefix + name, Kind.STATE, variable)));
        layer.children().forEach((name, child) -> collect(child, prefix + name + "/", frozen));
    }
}
