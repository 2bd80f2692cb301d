package dev.lamina.testkit;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/**
 * The arguments of a golden case, in PyTorch's names.
 *
 * @param json the object of the manifest
 */
public record Args(JsonObject json) {
    /** True when the manifest states the argument and it is not null. */
    public boolean has(String name) {
        return json.has(name) && !json.get(name).isJsonNull();
    }

    /** An integer, or a default. */
    public int integer(String name, int otherwise) {
        return has(name) ? json.get(name).getAsInt() : otherwise;
    }

    /** A number, or a default. */
    public double number(String name, double otherwise) {
        return has(name) ? json.get(name).getAsDouble() : otherwise;
    }

    /** A truth value, or a default. */
    public boolean flag(String name, boolean otherwise) {
        return has(name) ? json.get(name).getAsBoolean() : otherwise;
    }

    /** A text, or a default. */
    public String text(String name, String otherwise) {
        return has(name) ? json.get(name).getAsString() : otherwise;
    }

    /** A list of integers; one integer is a list of one, an absent argument an empty list. */
    public int[] ints(String name) {
        if (!has(name)) {
            return new int[0];
        }
        JsonElement element = json.get(name);
        if (!element.isJsonArray()) {
            return new int[] {element.getAsInt()};
        }
        return element.getAsJsonArray().asList().stream()
                .mapToInt(JsonElement::getAsInt)
                .toArray();
    }

    /** A list of numbers; an absent argument gives an empty list. */
    public double[] numbers(String name) {
        return has(name)
                ? array(name).asList().stream()
                        .mapToDouble(JsonElement::getAsDouble)
                        .toArray()
                : new double[0];
    }

    /** A list of whatever kind. */
    public JsonArray array(String name) {
        return json.getAsJsonArray(name);
    }
}
