package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import dev.lamina.nn.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The expected calibration error: sum over bins of share of the cases * |accuracy - mean confidence|, the confidence being the
 * probability of the answer, in bins of equal width (Guo and others 2017). Predictions and targets are as for {@link Probability}.
 */
public final class Calibration extends Weighable {
    /**
     * One bin of the reliability table.
     *
     * @param from confidences above this
     * @param to up to this
     * @param count how many cases
     * @param confidence their mean confidence, NaN without cases
     * @param accuracy the share of right answers, NaN without cases
     */
    public record Bin(double from, double to, long count, double confidence, double accuracy) {}

    private final int bins;
    private final Optional<Loss> loss;

    /** With so many bins; 10 to 15 are usual. */
    public Calibration(int bins) {
        this(bins, Optional.empty());
        if (bins < 1) {
            throw new LaminaException("calibration: expected 1 or more bins, got " + bins + "; 10 are usual");
        }
    }

    private Calibration(int bins, Optional<Loss> loss) {
        this.bins = bins;
        this.loss = loss;
    }

    @Override
    public Metric forLoss(Loss other) {
        return new Calibration(bins, Optional.of(other));
    }

    @Override
    public String name() {
        return "calibrationError";
    }

    @Override
    public boolean higherIsBetter() {
        return false;
    }

    /** Counts, confidences and right answers, (3, bins). */
    @Override
    Tensor sums(Tensor prediction, Tensor target, Optional<Tensor> weights) {
        Cases cases = Cases.of(name(), loss, prediction, target, weights);
        Tensor p = cases.probabilities();
        Tensor confidence = cases.binary() ? p.maximum(p.rsub(1)) : p.max(1);
        Tensor answers = cases.binary() ? p.gt(0.5).cast(DType.I64) : cases.answers();
        Tensor bin =
                confidence.mul((double) bins).ceil().sub(1).clamp(0, bins - 1).cast(DType.I64);
        Tensor here = bin.unsqueeze(1).eq(Tensor.arange(DType.I64, bins));
        Tensor right = here.logicalAnd(answers.eq(cases.labels()).unsqueeze(1));
        Tensor sure = here.where(confidence.unsqueeze(1).expandTo(here.shape()), 0);
        return Tensor.concat(
                0,
                cases.kept(here.cast(p.dtype())).sum(0),
                cases.kept(sure).sum(0),
                cases.kept(right.cast(p.dtype())).sum(0));
    }

    @Override
    protected double value(double[] sums) {
        double cases = 0;
        double error = 0;
        for (int i = 0; i < bins; i++) {
            cases += sums[i];
            error += Math.abs(sums[2 * bins + i] - sums[bins + i]);
        }
        return error / cases;
    }

    /** The reliability table of predictions and targets. */
    public List<Bin> table(Tensor prediction, Tensor target) {
        return table(sums(prediction, target).toDoubleArray());
    }

    /** The reliability table of the batches that a {@link #total} has taken. */
    public List<Bin> table(Total total) {
        double[] sums = total.sums();
        return table(sums.length == 3 * bins ? sums : new double[3 * bins]);
    }

    private List<Bin> table(double[] sums) {
        List<Bin> table = new ArrayList<>();
        for (int i = 0; i < bins; i++) {
            double count = sums[i];
            table.add(new Bin(
                    (double) i / bins,
                    (i + 1.0) / bins,
                    Math.round(count),
                    sums[bins + i] / count,
                    sums[2 * bins + i] / count));
        }
        return table;
    }

    /** A table as text, one line for each bin. */
    public static String text(List<Bin> table) {
        StringBuilder text = new StringBuilder("confidence        cases  mean    right\n");
        for (Bin bin : table) {
            text.append(String.format(
                    Locale.ROOT,
                    "%.3f to %.3f %8d  %.4f  %.4f%n",
                    bin.from,
                    bin.to,
                    bin.count,
                    bin.confidence,
                    bin.accuracy));
        }
        return text.toString();
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name()).with("bins", bins));
    }
}
