package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import java.util.Arrays;
import java.util.Optional;

/**
 * The area under the ROC curve, or the average precision (the area under the precision-recall curve in steps), exact: the scores of an
 * epoch are kept, 24 bytes for each and 8 for each class. Predictions and targets are as for {@link Probability}, but answers of yes or no
 * are 1 or 0 exactly. With more than two classes the mean over the classes that occur, each against the rest.
 * {@link Ranking#of(Metric.Total)} gives the curve itself.
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

    /** For each case how many scores follow, its label, its weight (0 for one that does not count), and the scores. */
    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Cases cases = Cases.of(name(), loss, prediction, target, weights);
        Tensor p = cases.binary() ? cases.predictions().unsqueeze(1) : cases.probabilities();
        Tensor scores = p.dim(1) == 2 ? p.narrow(1, 1, 1) : p;
        DType dtype = scores.dtype() == DType.F64 ? DType.F64 : DType.F32;
        Tensor truth = cases.binary() ? target.flatten() : cases.labels();
        Tensor label = truth.cast(dtype).unsqueeze(1);
        Tensor width = Tensor.full(dtype, scores.dim(1), label.shape());
        Tensor each = cases.weights()
                .map(weight -> weight.cast(dtype).unsqueeze(1))
                .orElseGet(() -> Tensor.full(dtype, 1, label.shape()));
        Tensor weight =
                cases.counted().map(kept -> kept.unsqueeze(1).where(each, 0)).orElse(each);
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
            Ranking ranking = ranking(all, c);
            double area = curve == Curve.ROC ? ranking.rocAuc() : ranking.averagePrecision();
            if (!Double.isNaN(area)) {
                sum += area;
                classes++;
            }
        }
        return classes == 0 ? Double.NaN : sum / classes;
    }

    /** The cases that were kept, one class against the rest; of two classes that is class 1. */
    static Ranking ranking(double[] all, int ofClass) {
        int scores = all.length == 0 ? 1 : (int) all[0];
        if (ofClass < 0 || ofClass >= scores) {
            throw new DataException("curve: expected a class from 0 to " + (scores - 1) + ", got " + ofClass
                    + "; the curve of two classes is that of class 1, number 0");
        }
        int width = scores + HEAD;
        double[] values = new double[all.length / width];
        boolean[] yes = new boolean[values.length];
        double[] weights = new double[values.length];
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            double label = all[i * width + 1];
            double weight = all[i * width + 2];
            if (weight != 0) {
                requireLabel(label, Math.max(2, scores), i);
                values[count] = all[i * width + HEAD + ofClass];
                weights[count] = weight;
                yes[count++] = label == (scores == 1 ? 1 : ofClass);
            }
        }
        return Ranking.of(Arrays.copyOf(values, count), Arrays.copyOf(yes, count), Arrays.copyOf(weights, count));
    }

    private static void requireLabel(double label, int classes, int place) {
        if (!(label >= 0 && label < classes && label == Math.rint(label))) {
            String expected = classes == 2 ? "0 and 1" : "from 0 to " + (classes - 1);
            String fix =
                    classes == 2 ? "; say which cases are a yes, as in labels.gt(0)" : "; check labels and classes";
            throw new DataException(
                    "curve: expected labels " + expected + ", got " + label + " in case " + place + fix);
        }
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()));
    }
}
