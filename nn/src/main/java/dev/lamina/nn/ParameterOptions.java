package dev.lamina.nn;

/**
 * What a layer lets its user say about one of its parameters.
 *
 * @param initializer the rule for the first value
 * @param regularizer what it adds to the loss
 * @param constraint where it is kept
 */
public record ParameterOptions(Initializer initializer, Regularizer regularizer, Constraint constraint) {
    /** A first value, no penalty, no constraint. */
    public static ParameterOptions of(Initializer initializer) {
        return new ParameterOptions(initializer, Regularizer.NONE, Constraint.NONE);
    }

    /** These options with another initializer. */
    public ParameterOptions with(Initializer other) {
        return new ParameterOptions(other, regularizer, constraint);
    }

    /** These options with another regularizer. */
    public ParameterOptions with(Regularizer other) {
        return new ParameterOptions(initializer, other, constraint);
    }

    /** These options with another constraint. */
    public ParameterOptions with(Constraint other) {
        return new ParameterOptions(initializer, regularizer, other);
    }

    /** A layer's description with these options of the parameter {@code name}; rules of the user's own are left out. */
    public Config into(Config config, String name) {
        Config more = config.with(name + "Initializer", initializer);
        if (regularizer.isActive()) {
            more = more.with(name + "L1", regularizer.l1()).with(name + "L2", regularizer.l2());
        }
        String kept = Constraints.text(constraint);
        return kept.isEmpty() ? more : more.with(name + "Constraint", kept);
    }

    /** The options that {@link #into} wrote; where nothing is written, these. */
    public ParameterOptions from(Config config, String name) {
        ParameterOptions read = with(config.initializer(name + "Initializer", initializer));
        if (config.has(name + "L1")) {
            read = read.with(new Regularizer(config.number(name + "L1"), config.number(name + "L2")));
        }
        return config.has(name + "Constraint") ? read.with(Constraints.parse(config.text(name + "Constraint"))) : read;
    }
}
