package dev.lamina.nn.losses;

import dev.lamina.core.DType;
import dev.lamina.core.DTypeException;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Precision;
import dev.lamina.core.Scan;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Connectionist temporal classification (Graves and others 2006): -log of the probability of all ways to spread a sequence of labels
 * over T steps, with blanks between labels and with repetitions, by the forward algorithm in logarithms.
 *
 * <p>Prediction (N, T, C) scores or logarithms of probabilities. Target (N, S) integer labels; labels below 0 fill up short sequences.
 * Result before reduction (N,). The mean divides each loss by the length of its labels (at least 1) first, as PyTorch does. Labels
 * that do not fit into T steps give infinity.
 */
public final class Ctc extends Loss {
    /** Stands for log 0: no sum of real terms comes near, and it has no infinities that would become NaN in gradients. */
    private static final double NEVER = -1e30;

    private int blank;
    private boolean zeroInfinity;

    /** The class 0 is the blank, unless {@link #blank} says otherwise. */
    public Ctc() {}

    /** The class that stands for no label: 0 in PyTorch, the last one in TensorFlow. */
    public Ctc blank(int label) {
        blank = label;
        return this;
    }

    /** Labels that do not fit count as a loss of 0 rather than of infinity. */
    public Ctc zeroInfinity() {
        zeroInfinity = true;
        return this;
    }

    @Override
    public String name() {
        return "ctc";
    }

    /**
     * The loss of sequences of different lengths.
     *
     * @param scores (N, T, C)
     * @param labels (N, S) integers
     * @param steps (N,) integers: how many of the T steps count
     * @param lengths (N,) integers: how many of the S labels count
     */
    public Tensor ofLengths(Tensor scores, Tensor labels, Tensor steps, Tensor lengths) {
        require(scores, labels);
        Shape each = scores.shape().range(0, 1);
        if (!steps.shape().equals(each) || !lengths.shape().equals(each)) {
            throw new ShapeException(name() + ": expected lengths " + each + ", got " + steps.shape() + " and "
                    + lengths.shape() + "; give one number for each example");
        }
        Tensor counts = Tensor.arange(DType.I64, labels.dim(1))
                .lt(lengths.cast(DType.I64).unsqueeze(1));
        Tensor kept = counts.where(labels.cast(DType.I64), Tensor.full(DType.I64, -1, labels.shape()));
        return reduced(scores, kept, values(scores, kept, Optional.of(steps.cast(DType.I64))));
    }

    @Override
    protected Tensor each(Tensor prediction, Tensor target) {
        require(prediction, target);
        return values(prediction, target.cast(DType.I64), Optional.empty());
    }

    /**
     * The labels of the likeliest class of each step, without repetitions and blanks (greedy decoding).
     *
     * @param scores (N, T, C)
     */
    public List<List<Integer>> decode(Tensor scores) {
        int steps = scores.dim(1);
        long[] best = scores.argmax(-1).toLongArray();
        List<List<Integer>> decoded = new ArrayList<>();
        for (int i = 0; i < scores.dim(0); i++) {
            List<Integer> labels = new ArrayList<>();
            long before = blank;
            for (int t = 0; t < steps; t++) {
                long label = best[i * steps + t];
                if (label != before && label != blank) {
                    labels.add((int) label);
                }
                before = label;
            }
            decoded.add(labels);
        }
        return decoded;
    }

    private Tensor values(Tensor scores, Tensor labels, Optional<Tensor> steps) {
        Tensor states = states(labels);
        // (N, T, C) x (N, C, L): a product with ones and zeros chooses exactly, and so does its gradient
        Tensor chosen =
                states.unsqueeze(2).eq(Tensor.arange(DType.I64, scores.dim(2))).cast(scores.dtype());
        Tensor logs = scores.logSoftmax(-1).clampMin(NEVER);
        Tensor emissions = Precision.f32().call(() -> logs.matmul(chosen.transpose(1, 2)));
        return loss(emissions.moveAxis(0, 2), labels, states.transpose(), steps);
    }

    /** (N, L), L = 2 S + 1: blank, label, blank, label ... blank; blanks where there is no label. */
    private Tensor states(Tensor labels) {
        Tensor blanks = Tensor.full(DType.I64, blank, labels.shape());
        Tensor real = labels.lt(0).where(blanks, labels);
        Tensor pairs = Tensor.stack(2, blanks, real).flatten(1, 2);
        return Tensor.concat(1, pairs, Tensor.full(DType.I64, blank, Shape.of(labels.dim(0), 1)));
    }

    /**
     * The forward algorithm. States are axis 0, so that their neighbours are whole rows.
     *
     * @param emissions (T, L, N): how likely the label of each state is at each step
     * @param labels (N, S)
     * @param states (L, N)
     */
    private Tensor loss(Tensor emissions, Tensor labels, Tensor states, Optional<Tensor> steps) {
        int count = states.dim(0);
        // A label may follow another one without a blank between them, unless they are equal.
        Tensor before = states.pad(new int[] {2, 0}, new int[] {0, 0}, blank).narrow(0, 0, count);
        Tensor leap = states.ne(before).where(Tensor.zeros(emissions.dtype(), states.shape()), NEVER);
        Tensor position = Tensor.arange(DType.I64, count).unsqueeze(1);
        Tensor start = position.eq(0)
                .where(Tensor.zeros(emissions.dtype(), Shape.of(count, 1)), NEVER)
                .expand(states.shape().dims());
        Tensor ways = Scan.over(emissions)
                .carry("ways", start)
                .run(step -> {
                    Tensor old = step.carry("ways");
                    Tensor next = advance(old, leap).add(step.input(0));
                    step.next(
                            "ways",
                            steps.map(counts -> counts.gt(step.index()).where(next, old))
                                    .orElse(next));
                })
                .last("ways");
        Tensor last = lengths(labels).mul(2);
        Tensor ends = position.eq(last).logicalOr(position.eq(last.sub(1)));
        Tensor loss = ends.where(ways, NEVER).logsumexp(0).neg();
        return loss.gt(-NEVER / 10).where(zeroInfinity ? 0 : Double.POSITIVE_INFINITY, loss);
    }

    /** The sum over the ways into each state: from itself, the state before, and the one before that where leaping is allowed. */
    private static Tensor advance(Tensor ways, Tensor leap) {
        int count = ways.dim(0);
        Tensor padded = ways.pad(new int[] {2, 0}, new int[] {0, 0}, NEVER);
        Tensor one = padded.narrow(0, 1, count);
        Tensor two = padded.narrow(0, 0, count).add(leap);
        Tensor most = ways.maximum(one).maximum(two).stopGradient();
        return ways.sub(most)
                .exp()
                .add(one.sub(most).exp())
                .add(two.sub(most).exp())
                .log()
                .add(most);
    }

    private static Tensor lengths(Tensor labels) {
        return labels.ge(0).cast(DType.I64).sum(1);
    }

    @Override
    protected Tensor mean(Tensor prediction, Tensor target, Tensor values) {
        return values.div(lengths(target.cast(DType.I64)).clampMin(1).cast(values.dtype()))
                .mean();
    }

    private void require(Tensor scores, Tensor labels) {
        if (scores.rank() != 3 || labels.rank() != 2 || scores.dim(0) != labels.dim(0)) {
            throw new ShapeException(name() + ": expected scores (N, T, C) and labels (N, S), got " + scores.shape()
                    + " and " + labels.shape() + "; give one sequence of labels for each example");
        }
        if (!labels.dtype().isInteger()) {
            throw new DTypeException(name() + ": expected integer labels, got " + labels.dtype() + " " + labels.shape()
                    + "; cast them to DType.I64");
        }
        if (blank < 0 || blank >= scores.dim(2)) {
            throw new LaminaException(name() + ": expected a blank from 0 to " + (scores.dim(2) - 1) + ", got " + blank
                    + "; blank(int) says which class it is");
        }
    }

    @Override
    public OptionalInt classes(Shape prediction) {
        return prediction.rank() == 3 ? OptionalInt.of(prediction.dim(2)) : OptionalInt.empty();
    }

    @Override
    public boolean isIgnored(long label) {
        return label < 0;
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(name())
                .with("reduction", reduction().name())
                .with("blank", blank)
                .with("zeroInfinity", zeroInfinity));
    }

    /** Makes a saved one again. */
    public static Ctc of(Config config) {
        Ctc loss = new Ctc().blank(config.integer("blank"));
        return config.flag("zeroInfinity") ? loss.zeroInfinity() : loss;
    }
}
