package dev.lamina.nn;

import dev.lamina.core.DataException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A description of a layer, loss, metric or optimizer in plain values, from which it can be made again. In files it is JSON.
 *
 * @param type the name under which it is known, such as {@code "dense"}
 * @param values options by name: numbers, truth values, texts, configs, and lists of them
 */
public record Config(String type, Map<String, Object> values) {
    /** Checks nothing; keeps a copy. */
    public Config {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** A config without options. */
    public static Config of(String type) {
        return new Config(type, Map.of());
    }

    /** This config with one more number. */
    public Config with(String key, double value) {
        return plus(key, value);
    }

    /** This config with one more truth value. */
    public Config with(String key, boolean value) {
        return plus(key, value);
    }

    /** This config with one more text. */
    public Config with(String key, String value) {
        return plus(key, value);
    }

    /** This config with one more description, for example of a layer inside. */
    public Config with(String key, Config value) {
        return plus(key, value);
    }

    /** This config with an activation more. */
    public Config with(String key, Activation value) {
        return plus(key, value.label());
    }

    /** This config with a rule for first values more; one that is not ready-made is left out when the file is read. */
    public Config with(String key, Initializer value) {
        return plus(key, Initializers.text(value));
    }

    /** This config with a list of numbers or of configs more. */
    public Config with(String key, List<?> value) {
        return plus(key, List.copyOf(value));
    }

    private Config plus(String key, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(values);
        more.put(key, value);
        return new Config(type, more);
    }

    /** True when the option is there. */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** A number. */
    public double number(String key) {
        return option(key, Double.class);
    }

    /** A number, or the other one where the file has none, as files of older releases do. */
    public double number(String key, double otherwise) {
        return has(key) ? number(key) : otherwise;
    }

    /** A whole number. */
    public int integer(String key) {
        double value = number(key);
        if (value != Math.rint(value)) {
            throw new DataException(
                    type + ": expected a whole number for '" + key + "', got " + value + "; repair the file");
        }
        return (int) value;
    }

    /** A truth value. */
    public boolean flag(String key) {
        return option(key, Boolean.class);
    }

    /** A text. */
    public String text(String key) {
        return option(key, String.class);
    }

    /** One of the constants of an enum, written in small letters. */
    public <E extends Enum<E>> E choice(String key, Class<E> kind) {
        String text = text(key);
        for (E constant : kind.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw new DataException(type + ": expected one of " + List.of(kind.getEnumConstants()) + " under '" + key
                + "', got '" + text + "'; repair the file");
    }

    /** Which of these the type of this description names; empty for another type. */
    public <T> Optional<T> oneOf(T[] kinds, Function<T, String> label) {
        return Arrays.stream(kinds)
                .filter(kind -> label.apply(kind).equals(type))
                .findFirst();
    }

    /** A list of numbers. */
    public double[] numbers(String key) {
        return ((List<?>) option(key, List.class))
                .stream().mapToDouble(this::toNumber).toArray();
    }

    /** A list of configs. */
    public List<Config> configs(String key) {
        return ((List<?>) option(key, List.class)).stream().map(this::toConfig).toList();
    }

    /** A description. */
    public Config config(String key) {
        return option(key, Config.class);
    }

    /** An activation. */
    public Activation activation(String key) {
        return Catalogue.activation(text(key));
    }

    /** A rule for first values, or the other one where the file has none. */
    public Initializer initializer(String key, Initializer otherwise) {
        return !has(key) || text(key).isEmpty() ? otherwise : Initializers.parse(text(key));
    }

    /** A ready layer, made from its description. */
    public Layer layer(String key) {
        return Catalogue.layer(config(key));
    }

    /** Ready layers, made from a list of descriptions. */
    public List<Layer> layers(String key) {
        return configs(key).stream().map(Catalogue::layer).toList();
    }

    private double toNumber(Object value) {
        if (value instanceof Double number) {
            return number;
        }
        throw new DataException(type + ": expected a number, got '" + value + "'; repair the file");
    }

    private Config toConfig(Object value) {
        if (value instanceof Config config) {
            return config;
        }
        throw new DataException(type + ": expected a description, got '" + value + "'; repair the file");
    }

    private <T> T option(String key, Class<T> kind) {
        Object value = values.get(key);
        if (!kind.isInstance(value)) {
            throw new DataException(type + ": expected a " + kind.getSimpleName() + " under '" + key + "', got "
                    + (value == null ? "nothing" : "'" + value + "'") + "; repair the file");
        }
        return kind.cast(value);
    }
}
