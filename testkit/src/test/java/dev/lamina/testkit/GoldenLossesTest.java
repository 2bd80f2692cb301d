package dev.lamina.testkit;

import static dev.lamina.nn.Losses.binaryCrossentropy;
import static dev.lamina.nn.Losses.categoricalCrossentropy;
import static dev.lamina.nn.Losses.mae;
import static dev.lamina.nn.Losses.mse;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Loss;
import dev.lamina.nn.losses.CategoricalCrossentropy;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Losses against PyTorch's: values and gradients. */
class GoldenLossesTest {
    private static final Set<String> OPS = Set.of(
            "mse_loss",
            "l1_loss",
            "binary_cross_entropy",
            "binary_cross_entropy_with_logits",
            "cross_entropy",
            "nll_loss");

    @TestFactory
    Stream<DynamicNode> losses() {
        return Stream.of("interpreter", "cpu")
                .flatMap(backend -> Golden.cases(Set.of("losses")).stream()
                        .filter(golden -> OPS.contains(golden.op()))
                        .map(golden -> dynamicTest(
                                golden.name() + " on " + backend,
                                () -> OnBackend.of(backend, () -> {
                                    Map<String, Tensor> outputs = Map.of("y", value(golden));
                                    Golden.check(golden, outputs, Golden.gradients(golden, outputs));
                                    return true;
                                }))));
    }

    private static Tensor value(GoldenCase golden) {
        Tensor prediction = golden.tensor("in.input");
        Tensor target = golden.tensor("in.target");
        Loss loss = loss(golden).reduction(reduction(golden));
        boolean weighted =
                golden.op().equals("binary_cross_entropy") && golden.tensors().containsKey("in.weight");
        return weighted ? loss.of(prediction, target, golden.tensor("in.weight")) : loss.of(prediction, target);
    }

    private static Loss.Reduction reduction(GoldenCase golden) {
        return Loss.Reduction.valueOf(golden.args().text("reduction", "mean").toUpperCase(Locale.ROOT));
    }

    private static Loss loss(GoldenCase golden) {
        return switch (golden.op()) {
            case "mse_loss" -> mse();
            case "l1_loss" -> mae();
            case "binary_cross_entropy" -> binaryCrossentropy().fromProbabilities();
            case "binary_cross_entropy_with_logits" ->
                golden.tensors().containsKey("in.pos_weight")
                        ? binaryCrossentropy()
                                .positiveWeight(golden.tensor("in.pos_weight").toDoubleArray())
                        : binaryCrossentropy();
            case "nll_loss" -> options(golden, sparseCategoricalCrossentropy().fromLogProbabilities());
            case "cross_entropy" ->
                options(
                        golden,
                        golden.tensor("in.target").dtype().isInteger()
                                ? sparseCategoricalCrossentropy()
                                : categoricalCrossentropy());
            default -> throw new AssertionError(golden.op());
        };
    }

    private static Loss options(GoldenCase golden, CategoricalCrossentropy loss) {
        Args args = golden.args();
        loss.axis(1).labelSmoothing(args.number("label_smoothing", 0));
        if (golden.tensors().containsKey("in.weight")) {
            loss.classWeights(golden.tensor("in.weight").toDoubleArray());
        }
        return args.has("ignore_index") ? loss.ignoreIndex(args.integer("ignore_index", 0)) : loss;
    }
}
