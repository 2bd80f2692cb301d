package dev.lamina.nn;

import dev.lamina.core.DataException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Variable;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Parameters that an {@link Optimizer} treats in their own way: {@code adamw(1e-3).groups(vectors().weightDecay(0),
 * path("encoder/**").rate(0.1))}. A parameter may be in several groups; rates are multiplied, and the last decay counts.
 */
public final class ParameterGroup {
    private final Predicate<Variable> who;
    private final String kind;
    private final String text;
    private final double rate;
    private final OptionalDouble weightDecay;

    private ParameterGroup(Predicate<Variable> who, String kind, String text, double rate, OptionalDouble weightDecay) {
        this.who = who;
        this.kind = kind;
        this.text = text;
        this.rate = rate;
        this.weightDecay = weightDecay;
    }

    /**
     * Parameters by path.
     *
     * @param pattern such as {@code "encoder/**"} or {@code "**}{@code /bias"}: a star stands for any part of a name, two for any part of a
     *     path. The name of the model in front may be left out
     */
    public static ParameterGroup path(String pattern) {
        StringBuilder regex = new StringBuilder("(?:[^/]*/)?");
        for (String part : pattern.splitWithDelimiters("\\*\\*/?|\\*", 0)) {
            regex.append(
                    switch (part) {
                        case "**/" -> "(?:.*/)?";
                        case "**" -> ".*";
                        case "*" -> "[^/]*";
                        default -> Pattern.quote(part);
                    });
        }
        Predicate<String> matches = Pattern.compile(regex.toString()).asMatchPredicate();
        return new ParameterGroup(v -> matches.test(v.name()), "path", pattern, 1, OptionalDouble.empty());
    }

    /** Biases and the scales and shifts of normalizations: parameters of at most one axis. */
    public static ParameterGroup vectors() {
        return new ParameterGroup(v -> v.shape().rank() <= 1, "vectors", "", 1, OptionalDouble.empty());
    }

    /** The parameters of a layer and of the layers in it. */
    public static ParameterGroup layer(Layer layer) {
        return new ParameterGroup(
                v -> layer.variables().containsValue(v), "layer", layer.name(), 1, OptionalDouble.empty());
    }

    /** Parameters for which a test is true. A model with such a group is resumed rather than loaded. */
    public static ParameterGroup where(Predicate<Variable> test) {
        return new ParameterGroup(test, "where", "", 1, OptionalDouble.empty());
    }

    /** The same with a learning rate of so many times the optimizer's. */
    public ParameterGroup rate(double factor) {
        if (!(factor >= 0) || Double.isInfinite(factor)) {
            throw new LaminaException("parameter group: expected a rate of 0 or more, got " + factor
                    + "; it is multiplied with the optimizer's learning rate, 0.1 is usual for pretrained layers");
        }
        return new ParameterGroup(who, kind, text, factor, weightDecay);
    }

    /** The same with a weight decay of its own in place of the optimizer's. */
    public ParameterGroup weightDecay(double decay) {
        Optimizer.checkDecay(decay);
        return new ParameterGroup(who, kind, text, rate, OptionalDouble.of(decay));
    }

    /** True for a parameter in this group. */
    public boolean has(Variable parameter) {
        return who.test(parameter);
    }

    double rate() {
        return rate;
    }

    OptionalDouble weightDecay() {
        return weightDecay;
    }

    @Override
    public String toString() {
        return kind + (text.isEmpty() ? "" : " '" + text + "'");
    }

    /** What a saved model needs to make this group again; empty for groups of a test or a layer. */
    public Optional<Config> config() {
        if (kind.equals("where") || kind.equals("layer")) {
            return Optional.empty();
        }
        Config config = Config.of(kind).with("rate", rate);
        config = text.isEmpty() ? config : config.with("pattern", text);
        return Optional.of(weightDecay.isEmpty() ? config : config.with("weightDecay", weightDecay.getAsDouble()));
    }

    /** Makes one from its description. */
    public static ParameterGroup of(Config config) {
        ParameterGroup group = switch (config.type()) {
            case "path" -> path(config.text("pattern"));
            case "vectors" -> vectors();
            default ->
                throw new DataException("parameter group: expected path or vectors, got '" + config.type()
                        + "'; make the model in code and call resume");
        };
        group = group.rate(config.number("rate"));
        return config.has("weightDecay") ? group.weightDecay(config.number("weightDecay")) : group;
    }
}
