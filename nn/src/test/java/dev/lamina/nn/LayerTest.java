package dev.lamina.nn;

import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.layers.Dense;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parts, names, variables and errors of layers. */
class LayerTest {
    /** y = x + dense(x), with a scale of its own. */
    private static final class Residual extends Layer {
        private final Dense inner = child("inner", dense(3).tanh());
        private Variable scale = Variable.of("unset", Tensor.zeros(1));

        @Override
        protected void build(Shape input) {
            scale = parameter("scale", Shape.of(input.dim(-1)), Initializers.constant(2));
        }

        @Override
        protected Tensor forward(Tensor x) {
            return x.add(inner.apply(x).mul(scale.value()));
        }
    }

    @Test
    void variablesAreCreatedAtTheFirstUseAndNamedByPath() {
        Residual layer = new Residual();
        assertFalse(layer.isBuilt());
        assertTrue(layer.parameters().isEmpty());
        Tensor y = layer.apply(Tensor.ones(2, 3));
        assertEquals(Shape.of(2, 3), y.shape());
        assertEquals(
                List.of("scale", "inner/kernel", "inner/bias"),
                List.copyOf(layer.variables().keySet()));
        assertEquals("residual/inner/kernel", layer.inner.kernel().name());
        assertEquals("residual/inner", layer.inner.path());
        assertEquals(3 + 9 + 3, layer.parameterCount());
        assertEquals(3, layer.parameters().size());
        assertEquals(Shape.of(2, 3), layer.inputShape().orElseThrow());
        assertEquals(Shape.of(2, 3), layer.outputShape().orElseThrow());
    }

    @Test
    void sequentialNumbersItsLayers() {
        Sequential model = Sequential.of(dense(4).relu(), dropout(0.1), dense(2));
        model.initialize(3);
        assertEquals(
                List.of("dense_1", "dropout_1", "dense_2"),
                List.copyOf(model.children().keySet()));
        assertEquals(
                List.of("dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias"),
                List.copyOf(model.variables().keySet()));
    }

    @Test
    void shapeErrorsStartWithThePathOfTheInnermostLayer() {
        Sequential model = Sequential.of(dense(4), Sequential.of(dense(3), dense(2)));
        model.initialize(5);
        ShapeException error = assertThrows(ShapeException.class, () -> model.apply(Tensor.ones(7, 6)));
        assertEquals(
                "sequential/dense_1 (input (7, 6)): dense: expected inputs (..., 5), got (7, 6);"
                        + " feed examples with as many features as at the first use",
                error.getMessage());
        Layer inner = model.layers().get(1);
        ShapeException deep = assertThrows(ShapeException.class, () -> inner.apply(Tensor.ones(7, 6)));
        assertTrue(
                deep.getMessage().startsWith("sequential/sequential_1/dense_1 (input (7, 6)): dense: "),
                deep.getMessage());
    }

    @Test
    void anErrorOfAnOpInForwardNamesTheLayer() {
        Layer layer = new Layer() {
            @Override
            protected Tensor forward(Tensor x) {
                return x.matmul(Tensor.ones(4, 4));
            }
        };
        LaminaException error = assertThrows(LaminaException.class, () -> layer.apply(Tensor.ones(2, 3)));
        assertTrue(error.getMessage().startsWith("layer (input (2, 3)): matmul: "), error.getMessage());
    }

    @Test
    void aLayerThatIsNoChildIsRefused() {
        Layer layer = new Layer() {
            private final Dense forgotten = dense(2);

            @Override
            protected Tensor forward(Tensor x) {
                return forgotten.apply(x);
            }
        };
        LaminaException error = assertThrows(LaminaException.class, () -> layer.apply(Tensor.ones(2, 3)));
        assertTrue(error.getMessage().contains("make it with child(\"dense\", ...)"), error.getMessage());
    }

    @Test
    void namesAreUniqueAndPlain() {
        class Twice extends Layer {
            Twice(String first, String second) {
                child(first, dense(1));
                child(second, dense(1));
            }

            @Override
            protected Tensor forward(Tensor x) {
                return x;
            }
        }
        assertThrows(LaminaException.class, () -> new Twice("a", "a"));
        assertThrows(LaminaException.class, () -> new Twice("a/b", "c"));
        assertThrows(LaminaException.class, () -> new Twice("", "c"));
        assertEquals(2, new Twice("a", "b").children().size());
    }

    @Test
    void variablesOutsideBuildAreRefused() {
        Layer layer = new Layer() {
            @Override
            protected Tensor forward(Tensor x) {
                return x.mul(parameter("late", Shape.of(), Initializers.ones()).value());
            }
        };
        LaminaException error = assertThrows(LaminaException.class, () -> layer.apply(Tensor.ones(2)));
        assertTrue(error.getMessage().contains("override build"), error.getMessage());
    }

    @Test
    void aWrongFirstInputLeavesNothingBehind() {
        Dense layer = dense(2);
        assertThrows(ShapeException.class, () -> layer.apply(Tensor.scalar(1f)));
        assertFalse(layer.isBuilt());
        assertEquals(Shape.of(5, 2), layer.apply(Tensor.ones(5, 3)).shape());
    }

    @Test
    void sharedLayersCountOnce() {
        Dense shared = dense(3);
        class Twins extends Layer {
            private final Layer first = child("first", shared);
            private final Layer second = child("second", shared);

            @Override
            protected Tensor forward(Tensor x) {
                return second.apply(first.apply(x));
            }
        }
        Twins twins = new Twins();
        twins.apply(Tensor.ones(1, 3));
        assertEquals(12, twins.parameterCount());
        assertEquals(
                List.of("first/kernel", "first/bias"),
                List.copyOf(twins.variables().keySet()));
    }

    @Test
    void frozenParametersAreNotTrained() {
        Sequential model = Sequential.of(dense(4), dense(2));
        model.initialize(3);
        model.layers().get(0).freeze();
        assertEquals(2, model.parameters().size());
        assertEquals(4, model.variables().size());
        assertEquals(3 * 4 + 4 + 4 * 2 + 2, model.parameterCount());
        model.layers().get(0).unfreeze();
        assertEquals(4, model.parameters().size());
        model.freeze();
        assertTrue(model.layers().get(1).isFrozen());
        assertTrue(model.parameters().isEmpty());
    }

    @Test
    void firstValuesFollowFromSeedAndPath() {
        float[] one = kernel(7, 0);
        assertArrayEquals(one, kernel(7, 0));
        assertNotEquals(one[0], kernel(8, 0)[0]);
        assertNotEquals(one[0], kernel(7, 1)[0]);
    }

    private static float[] kernel(long seed, int layer) {
        Sequential model = Sequential.of(dense(3), dense(3));
        model.seed(seed);
        model.initialize(3);
        return ((Dense) model.layers().get(layer)).kernel().value().toFloatArray();
    }

    @Test
    void f64InputMakesAnF64Layer() {
        Dense layer = dense(2);
        layer.apply(Tensor.of(new double[] {1, 2}, 1, 2));
        assertEquals(DType.F64, layer.kernel().dtype());
        Dense asked = dense(2);
        asked.dtype(DType.F64);
        assertThrows(LaminaException.class, () -> {
            layer.dtype(DType.F32);
        });
        asked.apply(Tensor.ones(1, 2));
        assertEquals(DType.F64, asked.kernel().dtype());
    }

    @Test
    void optionsAfterTheFirstUseAreRefused() {
        Dense layer = dense(2);
        layer.apply(Tensor.ones(1, 2));
        LaminaException error = assertThrows(LaminaException.class, layer::relu);
        assertTrue(
                error.getMessage().startsWith("dense: expected activation before the first use"), error.getMessage());
    }

    @Test
    void penaltiesAddUp() {
        Sequential model = Sequential.of(
                dense(1).noBias().kernelInitializer(Initializers.constant(-2)).l1(0.1),
                dense(1).noBias().kernelInitializer(Initializers.constant(3)).l2(0.5),
                dense(1));
        model.initialize(2);
        assertEquals(0.1 * 4 + 0.5 * 9, model.penalty().orElseThrow().item(), 1e-6);
        assertTrue(dense(1).penalty().isEmpty());
    }
}
