package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ends a training when a value has not improved for some epochs. */
public final class EarlyStopping implements Callback {
    private final String monitor;
    private int patience = 3;
    private double minDelta;
    private boolean restores;
    private double best = Double.NaN;
    private int bestEpoch;
    private final Map<Variable, Tensor> bestValues = new LinkedHashMap<>();

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
                keep(progress.model());
            }
        } else if (progress.epoch() - Math.max(bestEpoch, progress.epoch() - progress.epochsDone()) >= patience) {
            progress.stop();
        }
    }

    private void keep(Model model) {
        List<Variable> kept = new ArrayList<>(model.variables().values());
        kept.addAll(model.optimizer().averages().values());
        for (Variable variable : kept) {
            bestValues.put(variable, Tensor.of(variable.segment(), variable.dtype(), variable.shape()));
        }
    }

    @Override
    public void onTrainEnd(Progress progress) {
        if (!bestValues.isEmpty()) {
            progress.model().exclusively(() -> Variable.assignAll(bestValues, List.of()));
        }
        bestValues.clear();
    }
}
