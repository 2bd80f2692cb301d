package dev.lamina.nn.metrics;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Loss;
import java.util.Optional;

/**
 * Predictions and targets of a classification in one form, whatever the loss and the shapes are.
 *
 * @param binary one answer of yes or no for each case rather than a class of C
 * @param predictions (M,) if binary, else (M, C)
 * @param labels (M,) i64: the true classes, 1 for yes
 * @param counted (M,) bool, if some labels do not count
 * @param weights (M,) how much a case counts, if not all alike
 */
record Cases(
        boolean binary,
        Tensor predictions,
        Tensor labels,
        Optional<Tensor> counted,
        Optional<Tensor> weights,
        Optional<Loss> loss) {

    /**
     * Takes labels (N, ...) for predictions (N, ..., C), or targets of the shape of the predictions: with a binary loss or one
     * output each element is an answer of yes or no, else the largest target is the class.
     */
    static Cases of(String metric, Optional<Loss> loss, Tensor prediction, Tensor target, Optional<Tensor> weights) {
        int axis = loss.map(Loss::classAxis).orElse(-1);
        boolean equal = prediction.shape().equals(target.shape());
        boolean one = prediction.rank() < 2 || prediction.dim(axis) == 1;
        boolean binary = (loss.map(Loss::isBinary).orElse(false) && equal) || one;
        boolean labelled =
                prediction.rank() > 0 && prediction.shape().remove(axis).equals(target.shape());
        if (!equal && !labelled) {
            throw new ShapeException(metric + ": expected labels or targets for predictions " + prediction.shape()
                    + ", got " + target.shape() + "; give one label for each row, or targets of the same shape");
        }
        if (binary) {
            Tensor yes = target.dtype().isInteger() ? target.gt(0) : target.gt(0.5);
            Tensor answers = yes.cast(DType.I64);
            Optional<Tensor> flat = weights.map(each -> Weights.like(metric, each, answers));
            return new Cases(true, prediction.flatten(), answers.flatten(), flat.map(w -> w.ne(0)), flat, loss);
        }
        int last = prediction.rank() - 1;
        Tensor rows = prediction.moveAxis(axis, last).flatten(0, last - 1);
        Tensor classes = (equal ? target.argmax(axis) : target).cast(DType.I64);
        Optional<Tensor> flat = weights.map(each -> Weights.like(metric, each, classes));
        Tensor labels = classes.flatten();
        Optional<Tensor> wanted =
                equal ? Optional.empty() : loss.flatMap(Loss::ignored).map(labels::ne);
        Optional<Tensor> weighty = flat.map(w -> w.ne(0));
        Optional<Tensor> counted = wanted.isPresent() && weighty.isPresent()
                ? wanted.map(weighty.get()::logicalAnd)
                : wanted.or(() -> weighty);
        return new Cases(false, rows, labels, counted, flat, loss);
    }

    /** The classes of the answers, (M,) i64; 2 if binary. */
    int classes() {
        return binary ? 2 : predictions.dim(1);
    }

    /** The answers above a threshold, or the classes with the largest values; of equal values the first. */
    Tensor answers(double threshold) {
        return binary ? predictions.gt(threshold).cast(DType.I64) : predictions.argmax(1);
    }

    /** The answers for the loss of the model. */
    Tensor answers() {
        return answers(loss.map(Loss::threshold).orElse(0.5));
    }

    /** Probabilities of yes (M,), or of the classes (M, C). */
    Tensor probabilities() {
        return switch (loss.map(Loss::expected).orElse(Loss.Expected.PROBABILITIES)) {
            case SCORES -> binary ? predictions.sigmoid() : predictions.softmax(1);
            case LOG_PROBABILITIES -> predictions.exp();
            case PROBABILITIES, ANYTHING -> predictions;
        };
    }

    /** True at (case, class) where the class is the label and the label counts, (M, C). */
    Tensor hits() {
        Tensor hits = labels.unsqueeze(1).eq(Tensor.arange(DType.I64, classes()));
        return counted.map(kept -> hits.logicalAnd(kept.unsqueeze(1))).orElse(hits);
    }

    /** A value of each case (M, ...) times its weight, 0 where the label does not count. */
    Tensor kept(Tensor values) {
        return Weights.kept(values, counted, weights);
    }

    /** How many cases count, a scalar. */
    Tensor count(DType dtype) {
        return counted.isEmpty()
                ? Tensor.constant(dtype, (double) labels.size())
                : kept(Tensor.full(dtype, 1, labels.shape())).sum();
    }
}
