package dev.lamina.nn;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Batches;
import dev.lamina.data.Dataset;
import dev.lamina.nn.layers.BatchNorm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A pass over data that computes the running statistics of batch normalization anew. */
final class Statistics {
    private Statistics() {}

    static void refresh(Model model, Dataset data, int batchSize) {
        List<BatchNorm> norms = new ArrayList<>();
        collect(model, model.isFrozen(), norms, new HashSet<>());
        if (norms.isEmpty()) {
            return;
        }
        Batches all = Batches.of(data.size(), batchSize);
        Batches batches = all.count() > 1 ? all.dropLast() : all;
        Map<Variable, Tensor> start = new LinkedHashMap<>();
        norms.forEach(norm -> start.putAll(norm.restart()));
        model.exclusively(() -> Variable.assignAll(start, List.of()));
        try {
            BatchPlan plan = BatchPlan.statistics(model, data, batches.size(0), start.keySet());
            for (int b = 0; b < batches.count(); b++) {
                int batch = b;
                model.exclusively(() -> plan.run(data, batches.order(), batches.from(batch), Seeds.mix(0, batch)));
            }
        } finally {
            norms.forEach(BatchNorm::restarted);
        }
    }

    private static void collect(Layer layer, boolean frozen, List<BatchNorm> norms, Set<Object> seen) {
        if (seen.add(layer) && !frozen) {
            if (layer instanceof BatchNorm norm) {
                norms.add(norm);
            }
            layer.children().values().forEach(child -> collect(child, child.isFrozen(), norms, seen));
        }
    }
}
