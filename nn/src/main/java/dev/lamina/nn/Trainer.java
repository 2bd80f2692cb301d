package dev.lamina.nn;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.data.Batches;
import dev.lamina.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The loop of {@link Model#fit}: epochs of steps, each the replay of one plan. */
final class Trainer {
    /** So many broken variables are named in a message. */
    private static final int NAMED = 8;

    private final Model model;
    private final Dataset data;
    private final FitOptions options;
    private final Batches batches;
    /** Those that have a state first: others may save it. */
    private final List<Callback> callbacks;

    private final Map<Integer, BatchPlan> plans = new HashMap<>();
    private final Map<Integer, BatchPlan> keeping = new HashMap<>();
    private final Map<Integer, BatchPlan> divisors = new HashMap<>();
    private Accumulator accumulator = Accumulator.NONE;
    private double[][] shares = {{}};
    private final List<History.Epoch> epochs = new ArrayList<>();

    Trainer(Model model, Dataset data, FitOptions options) {
        this.model = model;
        this.data = data;
        this.options = options;
        callbacks = Stream.of(false, true)
                .flatMap(none -> options.callbacks().stream()
                        .filter(callback -> callback.state().isEmpty() == none))
                .toList();
        Batches all = Batches.of(data.size(), options.batchSize());
        Batches ordered = options.shuffle() ? all.shuffle(Seeds.mix(options.seed(), 0)) : all;
        batches = options.partialBatches() ? ordered : ordered.dropLast();
    }

    History run() {
        model.seedIfNone(options.seed());
        Examples.check(model, data, "fit");
        options.validation().ifPresent(validation -> Examples.check(model, validation, "validation"));
        if (batches.count() == 0) {
            throw new DataException("fit: expected one full batch of " + options.batchSize() + ", got " + data.size()
                    + " examples; use a smaller batchSize, or leave dropLast() out");
        }
        model.optimizer().checkGroups(model.variables().values());
        if (options.accumulation() > 1) {
            accumulator = new Accumulator(model.parameters());
        }
        Totals totals = new Totals(model.measures());
        @Nullable
        Evaluator evaluator = options.validation()
                .map(validation -> new Evaluator(model, validation, options.batchSize()))
                .orElse(null);
        long examples = 0;
        for (int b = 0; b < batches.count(); b++) {
            examples += batches.size(b);
        }
        int first = model.trainedEpochs() + 1;
        Totals validation = evaluator == null ? totals : evaluator.totals();
        Progress progress = new Progress(
                model, first, options.epochs(), batches.count(), examples, totals, validation, evaluator != null);
        progress.begin(first);
        model.optimizer().monitor().ifPresent(progress::value);
        callbacks.forEach(callback -> callback.onTrainBegin(progress));
        model.callbacks(callbacks);
        for (int i = 0; i < options.epochs() && !progress.isStopping(); i++) {
            epoch(progress, totals, evaluator);
        }
        model.callbacks(List.of());
        callbacks.forEach(callback -> callback.onTrainEnd(progress));
        return new History(epochs);
    }

    private BatchPlan plan(int size) {
        return plans.computeIfAbsent(size, key -> BatchPlan.training(model, data, key, accumulator, true));
    }

    /** A plan that keeps its gradients for a later one. */
    private BatchPlan keeping(int size) {
        return keeping.computeIfAbsent(size, key -> BatchPlan.training(model, data, key, accumulator, false));
    }

    private void epoch(Progress progress, Totals totals, @Nullable Evaluator evaluator) {
        progress.begin(model.trainedEpochs() + 1);
        callbacks.forEach(callback -> callback.onEpochBegin(progress));
        batches.epoch(model.trainedEpochs());
        int count = batches.count();
        for (int b = 0; b < count; b++) {
            BatchPlan plan = step(b);
            if (!Double.isFinite(plan.loss())) {
                throw diverged(plan.loss(), progress.epoch(), b + 1);
            }
            plan.addTo(totals);
            progress.batchDone(plan.size());
            for (int i = 0; i < callbacks.size(); i++) {
                callbacks.get(i).onBatchEnd(progress);
            }
        }
        model.epochTrained();
        if (evaluator != null) {
            model.averaged(() -> {
                evaluator.run();
                return evaluator;
            });
            progress.validated();
        }
        model.optimizer()
                .epochEnded(model.optimizer().monitor().map(progress::value).orElse(Double.NaN));
        remember(progress);
        callbacks.forEach(callback -> callback.onEpochEnd(progress));
    }

    private BatchPlan step(int batch) {
        Optimizer optimizer = model.optimizer();
        int inStep = batch % options.accumulation();
        boolean last = inStep == options.accumulation() - 1 || batch == batches.count() - 1;
        int size = batches.size(batch);
        BatchPlan plan = last ? plan(size) : keeping(size);
        if (inStep == 0 && accumulator.isUsed()) {
            shares = shares(batch);
        }
        long seed = Seeds.mix(options.seed(), optimizer.steps());
        long stamp = model.lock().writeLock();
        try {
            plan.run(
                    data,
                    batches.order(),
                    batches.from(batch),
                    inStep == 0 ? seed : Seeds.mix(seed, inStep),
                    shares[accumulator.isUsed() ? inStep : 0],
                    optimizer);
        } finally {
            model.lock().unlockWrite(stamp);
        }
        if (last) {
            optimizer.stepped();
        }
        return plan;
    }

    /**
     * The shares of the batches in the step that begins with a batch, so that it is the step of one batch as large as all of them: of each
     * objective's loss by what its mean divides, of the penalty by examples.
     */
    private double[][] shares(int first) {
        int count = Math.min(options.accumulation(), batches.count() - first);
        int objectives = model.objectives().size();
        double[][] all = new double[count][];
        double[] totals = new double[objectives + 1];
        for (int b = 0; b < count; b++) {
            int size = batches.size(first + b);
            BatchPlan plan = divisors.computeIfAbsent(size, key -> BatchPlan.divisors(model, data, key));
            plan.run(data, batches.order(), batches.from(first + b));
            all[b] = Arrays.copyOf(plan.numbers(), objectives + 1);
            all[b][objectives] = size;
            for (int i = 0; i <= objectives; i++) {
                totals[i] += all[b][i];
            }
        }
        for (double[] own : all) {
            for (int i = 0; i <= objectives; i++) {
                boolean sum = i < objectives && model.objectives().get(i).loss().reduction() == Loss.Reduction.SUM;
                own[i] = sum ? 1 : totals[i] == 0 ? 0 : own[i] / totals[i];
            }
        }
        return all;
    }

    private void remember(Progress progress) {
        Map<String, Double> values = new LinkedHashMap<>();
        Set<String> higher = new LinkedHashSet<>();
        for (String name : progress.names()) {
            values.put(name, progress.value(name));
            if (progress.higherIsBetter(name)) {
                higher.add(name);
            }
        }
        epochs.add(new History.Epoch(progress.epoch(), progress.seconds(), values, higher));
    }

    private LaminaException diverged(double loss, int epoch, int batch) {
        List<String> names = model.variables().entrySet().stream()
                .filter(entry -> entry.getValue().dtype().isFloat())
                .filter(entry -> !isFinite(entry.getValue().value()))
                .map(Map.Entry::getKey)
                .toList();
        String broken = names.isEmpty()
                ? "; all variables are still finite, so an example has no finite loss (in ctc, labels longer than the steps)"
                : "; " + names.size() + " of " + model.variables().size() + " variables are not finite ("
                        + String.join(", ", names.subList(0, Math.min(NAMED, names.size())))
                        + (names.size() > NAMED ? " ..." : "") + ")";
        return new LaminaException("fit: expected a finite loss, got " + loss + " in epoch " + epoch + ", batch "
                + batch
                + broken + "; lower the learning rate (now " + model.optimizer().learningRate()
                + "), clip gradients with clipNorm(1), or scale the features");
    }

    private static boolean isFinite(Tensor values) {
        return values.isFinite().all().item() != 0;
    }
}
