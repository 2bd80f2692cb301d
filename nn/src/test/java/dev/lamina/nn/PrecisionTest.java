package dev.lamina.nn;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.Precision;
import dev.lamina.core.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose products are computed in bf16. */
class PrecisionTest {
    @TempDir
    Path folder;

    private static Model net() {
        Model model = Sequential.of(dense(16).relu(), dense(3));
        model.seed(5);
        return model.compile(adam(0.01), sparseCategoricalCrossentropy(), accuracy());
    }

    @Test
    void itLearnsWithVariablesInF32() {
        Model model = net().precision(Precision.bf16());
        model.fit(Data.clusters(300, 1), epochs(8).batchSize(16).seed(3));
        assertTrue(model.evaluate(Data.clusters(300, 2)).metric("accuracy") > 0.9);
        model.variables().values().forEach(variable -> assertEquals(DType.F32, variable.dtype()));
        Model plain = net();
        plain.fit(Data.clusters(300, 1), epochs(8).batchSize(16).seed(3));
        assertFalse(Arrays.equals(FitTest.flat(plain), FitTest.flat(model)));
    }

    @Test
    void theChoiceHoldsForPredictionsAfterIt() {
        Model model = net();
        Tensor x = Data.clusters(20, 1).features();
        double[] plain = model.predict(x).toDoubleArray();
        double[] rounded = model.precision(Precision.bf16()).predict(x).toDoubleArray();
        assertFalse(Arrays.equals(plain, rounded));
        assertArrayEquals(plain, rounded, 0.1);
        Model around = net();
        assertArrayEquals(rounded, Precision.bf16().call(() -> around.apply(x)).toDoubleArray());
        assertArrayEquals(plain, model.precision(Precision.f32()).predict(x).toDoubleArray());
    }

    @Test
    void aSavedModelKeepsIt() {
        Model model = net().precision(Precision.bf16());
        Tensor x = Data.clusters(20, 1).features();
        double[] before = model.predict(x).toDoubleArray();
        Path file = folder.resolve("model.safetensors");
        model.save(file);
        Model again = Model.load(file);
        assertEquals(Optional.of(Precision.bf16()), again.precision());
        assertArrayEquals(before, again.predict(x).toDoubleArray());
        Model plain = net();
        plain.initialize(2);
        plain.save(file);
        assertEquals(Optional.empty(), Model.load(file).precision());
    }
}
