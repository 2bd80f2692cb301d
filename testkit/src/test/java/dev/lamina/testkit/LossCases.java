package dev.lamina.testkit;

import dev.lamina.core.Tensor;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Losses;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** One example for each factory of {@link Losses}, at which its gradient is checked. */
final class LossCases {
    /** A loss with f64 predictions at which it has a derivative. */
    record LossCase(Loss loss, Tensor prediction, Tensor target) {}

    private static final Tensor LABELS = Tensor.of(new long[] {2, 0, -1, 1});
    private static final Tensor ANSWERS = Tensor.of(new double[] {1, 0, 1, 0});

    private LossCases() {}

    /** By the name of the factory. */
    static Map<String, LossCase> all() {
        Map<String, LossCase> cases = new LinkedHashMap<>(numbers());
        cases.putAll(classes());
        cases.putAll(pairs());
        return cases;
    }

    private static Map<String, LossCase> numbers() {
        Tensor p = normal(1, 4, 3);
        Tensor t = normal(2, 4, 3);
        Tensor yes = t.gt(0).toF64();
        Map<String, LossCase> cases = new LinkedHashMap<>();
        cases.put("mse", new LossCase(Losses.mse(), p, t));
        cases.put("mae", new LossCase(Losses.mae(), p, t));
        cases.put("mape", new LossCase(Losses.mape(), p, t.abs().add(0.5)));
        cases.put("msle", new LossCase(Losses.msle(), p.abs().add(0.1), t.abs()));
        cases.put("huber", new LossCase(Losses.huber(0.7), p, t));
        cases.put("smoothL1", new LossCase(Losses.smoothL1(0.3), p, t));
        cases.put("logCosh", new LossCase(Losses.logCosh(), p, t));
        cases.put("poisson", new LossCase(Losses.poisson(), p.abs().add(0.2), t.abs()));
        cases.put("poissonNll", new LossCase(Losses.poissonNll(), p, t.abs()));
        cases.put("hinge", new LossCase(Losses.hinge(), p, yes));
        cases.put("squaredHinge", new LossCase(Losses.squaredHinge(), p, yes));
        cases.put("hingeEmbedding", new LossCase(Losses.hingeEmbedding(1), p.abs(), yes));
        cases.put("cosineSimilarity", new LossCase(Losses.cosineSimilarity(), p, t));
        cases.put("dice", new LossCase(Losses.dice(), p.sigmoid(), yes));
        cases.put("iou", new LossCase(Losses.iou().smoothing(0.1), p.sigmoid(), yes));
        cases.put(
                "tversky",
                new LossCase(
                        Losses.tversky(0.3, 0.7).perChannel(),
                        normal(3, 2, 4, 3).sigmoid(),
                        area()));
        return cases;
    }

    private static Tensor area() {
        return normal(4, 2, 4, 3).gt(0.2).toF64();
    }

    private static Map<String, LossCase> classes() {
        Tensor p = normal(5, 4, 3);
        Tensor t = normal(6, 4, 3).softmax(-1).evaluate();
        Tensor oneHot = Tensor.of(new long[] {2, 0, 1, 1}).oneHot(3).toF64();
        Map<String, LossCase> cases = new LinkedHashMap<>();
        cases.put(
                "binaryCrossentropy",
                new LossCase(
                        Losses.binaryCrossentropy().positiveWeight(2).labelSmoothing(0.1),
                        p,
                        normal(7, 4, 3).sigmoid().evaluate()));
        cases.put(
                "binaryFocalCrossentropy",
                new LossCase(Losses.binaryFocalCrossentropy().alpha(0.25), p, oneHot));
        cases.put(
                "categoricalCrossentropy",
                new LossCase(Losses.categoricalCrossentropy().labelSmoothing(0.1), p, t));
        cases.put("categoricalFocalCrossentropy", new LossCase(Losses.categoricalFocalCrossentropy(), p, t));
        cases.put(
                "sparseCategoricalCrossentropy",
                new LossCase(
                        Losses.sparseCategoricalCrossentropy()
                                .classWeights(1, 2, 3)
                                .ignoreIndex(-1),
                        p,
                        LABELS));
        cases.put("nll", new LossCase(Losses.nll().ignoreIndex(-1), p, LABELS));
        cases.put(
                "klDivergence", new LossCase(Losses.klDivergence(), p.sigmoid().evaluate(), t));
        cases.put("categoricalHinge", new LossCase(Losses.categoricalHinge(), p, oneHot));
        cases.put(
                "ctc", new LossCase(Losses.ctc(), normal(8, 2, 5, 4), Tensor.of(new long[] {1, 1, -1, 3, 2, 1}, 2, 3)));
        return cases;
    }

    private static Map<String, LossCase> pairs() {
        Tensor p = normal(9, 4, 2, 3);
        Map<String, LossCase> cases = new LinkedHashMap<>();
        cases.put("cosineEmbedding", new LossCase(Losses.cosineEmbedding(-0.9), p, ANSWERS));
        cases.put("contrastive", new LossCase(Losses.contrastive(5), p, ANSWERS));
        cases.put("marginRanking", new LossCase(Losses.marginRanking(0.5), normal(10, 4, 2), ANSWERS));
        cases.put("infoNce", new LossCase(Losses.infoNce(0.5).symmetric(), p, ANSWERS));
        cases.put("tripletMargin", new LossCase(Losses.tripletMargin(2).swap(), normal(11, 4, 3, 3), ANSWERS));
        return cases;
    }

    /** Normal numbers of f64. */
    static Tensor normal(long seed, int... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.setAll(values, i -> random.nextGaussian());
        return Tensor.of(values, shape);
    }
}
