package dev.lamina.nn;

import dev.lamina.data.Batches;
import dev.lamina.data.Dataset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Loss and metrics of a model over a data set, batch by batch; may be run again and again. */
final class Evaluator {
    private final Model model;
    private final Dataset data;
    private final Batches batches;
    private final Map<Integer, BatchPlan> plans = new HashMap<>();
    private final Totals totals;

    Evaluator(Model model, Dataset data, int batchSize) {
        this.model = model;
        this.data = data;
        batches = Batches.of(data.size(), batchSize);
        totals = new Totals(model.measures());
    }

    private BatchPlan plan(int size) {
        return plans.computeIfAbsent(size, key -> BatchPlan.evaluation(model, data, key));
    }

    Totals totals() {
        return totals;
    }

    void run() {
        totals.clear();
        for (int b = 0; b < batches.count(); b++) {
            BatchPlan plan = plan(batches.size(b));
            long stamp = model.lock().readLock();
            try {
                plan.run(data, batches.order(), batches.from(b));
            } finally {
                model.lock().unlockRead(stamp);
            }
            plan.addTo(totals);
        }
    }

    Evaluation result() {
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (int i = 1; i < totals.names().size(); i++) {
            metrics.put(totals.names().get(i), totals.value(i));
        }
        return new Evaluation(totals.value(0), metrics, totals.examples());
    }
}
