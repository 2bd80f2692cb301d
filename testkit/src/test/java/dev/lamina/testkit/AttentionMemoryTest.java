package dev.lamina.testkit;

import static dev.lamina.nn.Layers.multiHeadAttention;
import static dev.lamina.nn.Layers.transformerEncoderLayer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.layers.MultiHeadAttention;
import dev.lamina.nn.layers.TransformerEncoderLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Attention in a network: memory that grows with the length only, and distances of ALiBi. */
class AttentionMemoryTest {
    private static long peak(TransformerEncoderLayer layer, int positions) {
        Tensor x = Tensor.input(DType.F32, Shape.of(1, positions, 32));
        Tensor y = layer.apply(x);
        List<Tensor> sources = new ArrayList<>(List.of(x));
        layer.parameters().forEach(parameter -> sources.add(parameter.value()));
        List<Tensor> outputs = new ArrayList<>(List.of(y));
        outputs.addAll(Gradients.of(y, y, sources));
        return Plan.compile(List.of(x), outputs, Map.of()).peakBytes();
    }

    @Test
    void memoryIsLinearInTheLength() {
        OnBackend.of("cpu", () -> {
            TransformerEncoderLayer layer = transformerEncoderLayer(4, 64).causal();
            layer.apply(Tensor.ones(1, 2, 32)).evaluate();
            long half = peak(layer, 2048);
            long whole = peak(layer, 4096);
            assertTrue(whole <= 2.05 * half, "expected twice " + half + " bytes, got " + whole);
            // One matrix of scores alone would have 4 * 4 * 4096^2 bytes.
            assertTrue(whole < 4096L * 4096, whole + " bytes");
            return true;
        });
    }

    @Test
    void alibiIsAMaskOfDistances() {
        MultiHeadAttention plain = multiHeadAttention(3).causal();
        MultiHeadAttention alibi = multiHeadAttention(3).causal().alibi();
        Tensor x = Random.seed(1).normal(Shape.of(2, 7, 6)).evaluate();
        alibi.apply(x).evaluate();
        plain.apply(x).evaluate();
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        alibi.variables()
                .forEach((name, variable) ->
                        values.put(variable, plain.variables().get(name).value()));
        Variable.assignAll(values, List.of());
        // Of 4 heads the first two of 2, and of those between them the first.
        Tensor slopes = Tensor.of(new float[] {0x1p-4f, 0x1p-8f, 0x1p-2f}, 3, 1, 1);
        Tensor distance = Tensor.arange(7).sub(Tensor.arange(7).reshape(7, 1)).toF32();
        Tensor expected = plain.apply(x, x, x, slopes.mul(distance));
        assertArrayEquals(expected.toFloatArray(), alibi.apply(x).toFloatArray(), 1e-5f);
    }

    @Test
    void groupedQueriesAreHeadsThatShareKeysAndValues() {
        MultiHeadAttention grouped = multiHeadAttention(4).keyHeads(2);
        MultiHeadAttention plain = multiHeadAttention(4);
        Tensor x = Random.seed(1).normal(Shape.of(2, 5, 8)).evaluate();
        grouped.apply(x).evaluate();
        plain.apply(x).evaluate();
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        plain.variables().forEach((name, variable) -> {
            Tensor value = grouped.variables().get(name).value();
            // Two columns belong to a head; heads 0 and 1 have the first key head, 2 and 3 the second.
            Tensor columns = Tensor.of(new long[] {0, 1, 0, 1, 2, 3, 2, 3});
            values.put(variable, value.dim(-1) == 4 ? value.indexSelect(value.rank() - 1, columns) : value);
        });
        Variable.assignAll(values, List.of());
        assertArrayEquals(plain.apply(x).toFloatArray(), grouped.apply(x).toFloatArray(), 1e-5f);
    }
}
