package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import java.util.Arrays;
import java.util.Optional;

/**
 * The area under the ROC curve, or the average precision (the area under the precision-recall curve in steps), exact: the scores of an
 * epoch are kept, 24 bytes for each and 8 for each class. Predictions and targets are as for {@link Probability}. With more than two
 * classes the mean over the classes that occur, each against the rest.
 */
public final class AreaUnderCurve extends Collected {
    /** Which curve. */
    public enum Curve {
        /** True against false positive rate. */
        ROC,
        /** Precision against recall. */
        PRECISION_RECALL
    }

    /** Numbers in front of the scores of a case. */
    private static final int HEAD = 3;

    private final Curve curve;
    private final Optional<Loss> loss;

    /** The area under a curve. */
    public AreaUnderCurve(Curve curve) {
        this(curve, Optional.empty());
    }

    private AreaUnderCurve(Curve curve, Optional<Loss> loss) {
        this.curve = curve;
        this.loss = loss;
    }

    @Override
    public Metric forLoss(Loss other) {
        return new AreaUnderCurve(curve, Optional.of(other));
    }

    @Override
    public String name() {
        return curve == Curve.ROC ? "rocAuc" : "prAuc";
    }

    /** For each case how many scores follow, its label (-1 for one that does not count), its weight, and the scores. */
    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Cases cases = Cases.of(name(), loss, prediction, target, weights);
        Tensor p = cases.binary() ? cases.predictions().unsqueeze(1) : cases.probabilities();
        Tensor scores = p.dim(1) == 2 ? p.narrow(1, 1, 1) : p;
        DType dtype = scores.dtype() == DType.F64 ? DType.F64 : DType.F32;
        Tensor labels = cases.labels().cast(dtype).unsqueeze(1);
        Tensor label =
                cases.counted().map(kept -> kept.unsqueeze(1).where(labels, -1)).orElse(labels);
        Tensor width = Tensor.full(dtype, scores.dim(1), label.shape());
        Tensor weight = cases.weights()
                .map(each -> each.cast(dtype).unsqueeze(1))
                .orElseGet(() -> Tensor.full(dtype, 1, label.shape()));
        return Tensor.concat(1, width, label, weight, scores.cast(dtype)).flatten();
    }

    @Override
    protected double value(double[] all) {
        if (all.length == 0) {
            return Double.NaN;
        }
        int scores = (int) all[0];
        double sum = 0;
        int classes = 0;
        for (int c = 0; c < scores; c++) {
            Ranking ranking = ranking(all, scores, c);
            double area = curve == Curve.ROC ? ranking.rocAuc() : ranking.averagePrecision();
            if (!Double.isNaN(area)) {
                sum += area;
                classes++;
            }
        }
        return classes == 0 ? Double.NaN : sum / classes;
    }

    private static Ranking ranking(double[] all, int scores, int ofClass) {
        int width = scores + HEAD;
        double[] values = new double[all.length / width];
        boolean[] yes = new boolean[values.length];
        double[] weights = new double[values.length];
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            double label = all[i * width + 1];
            if (label >= 0) {
                values[count] = all[i * width + HEAD + ofClass];
                weights[count] = all[i * width + 2];
                yes[count++] = scores == 1 ? label > 0 : label == ofClass;
            }
        }
        return Ranking.of(Arrays.copyOf(values, count), Arrays.copyOf(yes, count), Arrays.copyOf(weights, count));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
