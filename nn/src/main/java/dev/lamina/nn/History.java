package dev.lamina.nn;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.lamina.core.LaminaException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a training measured, epoch by epoch.
 *
 * @param epochs in order
 */
public record History(List<Epoch> epochs) {
    /**
     * One epoch.
     *
     * @param number counted from 1 over the whole life of the model
     * @param seconds that training took, without the validation
     * @param values {@code loss}, metrics, and with validation the same with {@code val_} in front
     * @param higherIsBetter names whose larger values are better
     */
    public record Epoch(int number, double seconds, Map<String, Double> values, Set<String> higherIsBetter) {
        /** Keeps copies, in order. */
        public Epoch {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
            higherIsBetter = Collections.unmodifiableSet(new LinkedHashSet<>(higherIsBetter));
        }

        /** One of the values. */
        public double value(String name) {
            Double value = values.get(name);
            if (value == null) {
                throw new LaminaException("history: expected one of " + values.keySet() + ", got '" + name
                        + "'; compile the model with this metric, or fit with validation data");
            }
            return value;
        }

        /** One line: number, values, seconds. */
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("epoch " + number);
            values.forEach((name, value) -> text.append(String.format(Locale.ROOT, "  %s %.4f", name, value)));
            return text.append(String.format(Locale.ROOT, "  %.1f s", seconds)).toString();
        }
    }

    /** Keeps a copy. */
    public History {
        epochs = List.copyOf(epochs);
    }

    /** The values of a name, one for each epoch. */
    public double[] values(String name) {
        return epochs.stream().mapToDouble(epoch -> epoch.value(name)).toArray();
    }

    /** The last epoch. */
    public Epoch last() {
        if (epochs.isEmpty()) {
            throw new LaminaException("history: expected an epoch, got none; fit with epochs(1) or more");
        }
        return epochs.get(epochs.size() - 1);
    }

    /** The epoch with the best value of a name: the largest of an accuracy, the smallest of a loss; the first of equal ones. */
    public Epoch best(String name) {
        Epoch best = last();
        for (Epoch epoch : new ArrayList<>(epochs).reversed()) {
            double order = Double.compare(epoch.value(name), best.value(name));
            boolean better = epoch.higherIsBetter.contains(name) ? order >= 0 : order <= 0;
            best = better || Double.isNaN(best.value(name)) ? epoch : best;
        }
        return best;
    }

    /** One line for each epoch. */
    @Override
    public String toString() {
        return epochs.stream().map(Epoch::toString).collect(Collectors.joining("\n"));
    }

    /** A JSON object: {@code epoch}, {@code seconds} and each name with one number for each epoch; NaN is null. */
    public String toJson() {
        JsonObject json = new JsonObject();
        JsonArray numbers = new JsonArray();
        JsonArray seconds = new JsonArray();
        for (Epoch epoch : epochs) {
            numbers.add(epoch.number());
            seconds.add(epoch.seconds());
        }
        json.add("epoch", numbers);
        json.add("seconds", seconds);
        if (!epochs.isEmpty()) {
            for (String name : epochs.get(0).values().keySet()) {
                JsonArray values = new JsonArray();
                for (double value : values(name)) {
                    values.add(Double.isFinite(value) ? (Double) value : null);
                }
                json.add(name, values);
            }
        }
        return new GsonBuilder().serializeNulls().create().toJson(json);
    }
}
