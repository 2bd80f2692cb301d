package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What {@link Model#evaluate} measured.
 *
 * @param loss mean over the examples
 * @param metrics by name, in the order of compile
 * @param examples how many
 */
public record Evaluation(double loss, Map<String, Double> metrics, long examples) {
    /** Keeps a copy, in order. */
    public Evaluation {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    /** One of the metrics. */
    public double metric(String name) {
        Double value = metrics.get(name);
        if (value == null) {
            throw new LaminaException("evaluation: expected one of " + metrics.keySet() + ", got '" + name
                    + "'; compile the model with this metric");
        }
        return value;
    }

    /** For example {@code loss 0.0812  accuracy 0.9771}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "loss %.4f", loss));
        metrics.forEach((name, value) -> text.append(String.format(Locale.ROOT, "  %s %.4f", name, value)));
        return text.toString();
    }
}
