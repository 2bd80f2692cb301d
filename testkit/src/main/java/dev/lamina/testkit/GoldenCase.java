package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One reference computation of another framework; the format is that of {@code shared/golden/README.md}.
 *
 * @param name unique name, ends in {@code .f64} when computed in float64
 * @param group for example {@code ops} or {@code losses}
 * @param op what is computed, in PyTorch's names
 * @param args arguments of the call
 * @param dtype float type of the case
 * @param rtol allowed relative error
 * @param atol allowed absolute error
 * @param tensors tensors by role, for example {@code in.x}, {@code gout.y}
 */
public record GoldenCase(
        String name,
        String group,
        String op,
        Args args,
        DType dtype,
        double rtol,
        double atol,
        Map<String, Tensor> tensors) {

    /**
     * The tensors of one kind of role, sorted by the name behind the dot.
     *
     * @param kind {@code in}, {@code param}, {@code buf}, {@code buf_after}, {@code out}, {@code gout}, {@code gin} or
     *     {@code gparam}
     */
    public SortedMap<String, Tensor> of(String kind) {
        SortedMap<String, Tensor> found = new TreeMap<>();
        String prefix = kind + ".";
        tensors.forEach((role, tensor) -> {
            if (role.startsWith(prefix)) {
                found.put(role.substring(prefix.length()), tensor);
            }
        });
        return found;
    }

    /** One tensor by its whole role, for example {@code in.x}. */
    public Tensor tensor(String role) {
        Tensor tensor = tensors.get(role);
        if (tensor == null) {
            throw new IllegalArgumentException(name + ": expected one of the roles " + tensors.keySet() + ", got "
                    + role + "; look into manifest.json");
        }
        return tensor;
    }

    @Override
    public String toString() {
        return name;
    }
}
