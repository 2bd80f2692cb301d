package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ends a training when a value has not improved for some epochs. */
public final class EarlyStopping implements Callback {
    /** In a state: the best value, its epoch, and the epoch before the first. */
    private static final String SEEN = "seen:";

    private static final String AVERAGE = "average:";

    private final String monitor;
    private int patience = 3;
    private double minDelta;
    private boolean restores;
    private double best = Double.NaN;
    private int bestEpoch;
    /** The epoch before the first. */
    private int before;

    private final Map<String, Tensor> bestValues = new LinkedHashMap<>();

    private EarlyStopping(String monitor) {
        this.monitor = monitor;
    }

    /** Watches a value, for example {@code "val_loss"} or {@code "val_accuracy"}; whether larger is better is known. */
    public static EarlyStopping on(String monitor) {
        return new EarlyStopping(monitor);
    }

    /** Epochs without improvement after which training ends; 3 unless said otherwise. */
    public EarlyStopping patience(int epochs) {
        if (epochs < 1) {
            throw new LaminaException(
                    "early stopping: expected a patience of 1 or more, got " + epochs + "; 3 is usual");
        }
        patience = epochs;
        return this;
    }

    /** How much better a value must be to count; 0 unless said otherwise. */
    public EarlyStopping minDelta(double difference) {
        minDelta = Math.abs(difference);
        return this;
    }

    /** At the end, gives the model the variables of its best epoch. */
    public EarlyStopping restoreBest() {
        restores = true;
        return this;
    }

    /** The best value so far; NaN before the first epoch. */
    public double best() {
        return best;
    }

    /** Number of the epoch with the best value; 0 before the first. */
    public int bestEpoch() {
        return bestEpoch;
    }

    @Override
    public void onTrainBegin(Progress progress) {
        progress.value(monitor);
        best = Double.NaN;
        bestEpoch = 0;
        before = progress.epoch() - 1;
        bestValues.clear();
    }

    @Override
    public void onEpochEnd(Progress progress) {
        double value = progress.value(monitor);
        boolean better = progress.higherIsBetter(monitor) ? value > best + minDelta : value < best - minDelta;
        if (better || (Double.isNaN(best) && !Double.isNaN(value))) {
            best = value;
            bestEpoch = progress.epoch();
            if (restores) {
                kept(progress.model()).forEach((name, variable) -> bestValues.put(name, Optimizer.copy(variable)));
            }
        } else if (progress.epoch() - Math.max(bestEpoch, before) >= patience) {
            progress.stop();
        }
    }

    private static Map<String, Variable> kept(Model model) {
        Map<String, Variable> kept = new LinkedHashMap<>(model.variables());
        Map<Variable, Variable> averages = model.optimizer().averages();
        model.variables().forEach((path, variable) -> {
            if (averages.containsKey(variable)) {
                kept.put(AVERAGE + path, averages.get(variable));
            }
        });
        return kept;
    }

    @Override
    public void onTrainEnd(Progress progress) {
        if (!bestValues.isEmpty()) {
            Map<Variable, Tensor> values = new LinkedHashMap<>();
            kept(progress.model()).forEach((name, variable) -> {
                Tensor value = bestValues.get(name);
                if (value != null) {
                    values.put(variable, value);
                }
            });
            progress.model().exclusively(() -> Variable.assignAll(values, List.of()));
        }
        bestValues.clear();
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>(bestValues);
        state.put(SEEN, Tensor.of(new double[] {best, bestEpoch, before}, 3));
        return state;
    }

    @Override
    public void restore(Map<String, Tensor> state) {
        bestValues.clear();
        bestValues.putAll(state);
        Tensor seen = bestValues.remove(SEEN);
        if (seen != null && seen.size() == 3) {
            double[] numbers = seen.toDoubleArray();
            best = numbers[0];
            bestEpoch = (int) numbers[1];
            before = (int) numbers[2];
        }
    }

    @Override
    public String stateName() {
        return "EarlyStopping on " + monitor;
    }
}
