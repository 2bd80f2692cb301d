package dev.lamina.testkit;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Losses;
import dev.lamina.nn.losses.CategoricalCrossentropy;
import dev.lamina.nn.losses.Ctc;
import dev.lamina.nn.losses.KlDivergence;
import dev.lamina.nn.losses.PairLoss;
import dev.lamina.nn.losses.TripletMargin;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Losses against PyTorch's: values and gradients. */
class GoldenLossesTest {
    static final GoldenTests ALL = new GoldenTests(Set.of("losses"), golden -> true, GoldenLossesTest::check);

    @TestFactory
    Stream<DynamicNode> losses() {
        return ALL.onAllBackends();
    }

    private static void check(GoldenCase golden) {
        Map<String, Tensor> outputs = Map.of("y", value(golden));
        Golden.check(golden, outputs, Golden.gradients(golden, outputs));
    }

    private static Tensor value(GoldenCase golden) {
        Loss loss = loss(golden).reduction(reduction(golden));
        return switch (loss) {
            case PairLoss pair ->
                pair.ofPair(golden.tensor("in.input1"), golden.tensor("in.input2"), golden.tensor("in.target"));
            case TripletMargin triplet ->
                triplet.ofTriplet(
                        golden.tensor("in.anchor"), golden.tensor("in.positive"), golden.tensor("in.negative"));
            case Ctc ctc ->
                ctc.ofLengths(
                        golden.tensor("in.logits").transpose(0, 1),
                        golden.tensor("in.targets"),
                        golden.tensor("in.input_lengths"),
                        golden.tensor("in.target_lengths"));
            default -> plain(golden, loss);
        };
    }

    private static Tensor plain(GoldenCase golden, Loss loss) {
        Tensor prediction = golden.tensor("in.input");
        Tensor target = golden.tensor("in.target");
        boolean weighted =
                golden.op().equals("binary_cross_entropy") && golden.tensors().containsKey("in.weight");
        return weighted ? loss.of(prediction, target, golden.tensor("in.weight")) : loss.of(prediction, target);
    }

    private static Loss.Reduction reduction(GoldenCase golden) {
        String name = golden.args().text("reduction", "mean");
        return name.equals("batchmean")
                ? Loss.Reduction.BATCH_MEAN
                : Loss.Reduction.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static Loss loss(GoldenCase golden) {
        Args args = golden.args();
        return switch (golden.op()) {
            case "mse_loss" -> Losses.mse();
            case "l1_loss" -> Losses.mae();
            case "smooth_l1_loss" -> Losses.smoothL1(args.number("beta", 1));
            case "huber_loss" -> Losses.huber(args.number("delta", 1));
            case "hinge_loss" -> Losses.hinge();
            case "hinge_embedding_loss" -> Losses.hingeEmbedding(args.number("margin", 1));
            case "cosine_embedding_loss" -> Losses.cosineEmbedding(args.number("margin", 0));
            case "margin_ranking_loss" -> Losses.marginRanking(args.number("margin", 0));
            case "triplet_margin_loss" -> {
                TripletMargin loss =
                        Losses.tripletMargin(args.number("margin", 1)).power(args.number("p", 2));
                yield args.flag("swap", false) ? loss.swap() : loss;
            }
            case "kl_div" -> {
                KlDivergence loss = Losses.klDivergence().fromLogProbabilities();
                yield args.flag("log_target", false) ? loss.logTargets() : loss;
            }
            case "ctc_loss" -> Losses.ctc().blank(args.integer("blank", 0));
            case "binary_cross_entropy" -> Losses.binaryCrossentropy().fromProbabilities();
            case "binary_cross_entropy_with_logits" ->
                golden.tensors().containsKey("in.pos_weight")
                        ? Losses.binaryCrossentropy()
                                .positiveWeight(golden.tensor("in.pos_weight").toDoubleArray())
                        : Losses.binaryCrossentropy();
            case "nll_loss" -> options(golden, Losses.nll());
            case "cross_entropy" ->
                options(
                        golden,
                        golden.tensor("in.target").dtype().isInteger()
                                ? Losses.sparseCategoricalCrossentropy()
                                : Losses.categoricalCrossentropy());
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
