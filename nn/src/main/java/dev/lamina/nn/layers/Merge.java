package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Several inputs in one output. Those that work element by element take inputs of equal rank, in which axes of 1 are repeated.
 *
 * <p>Inputs (N, ...) each, two or more, output (N, ...). Where inputs have masks, a step of the output is real when it is real in
 * all of them; along the axis of the steps masks are put behind one another as the inputs are.
 */
public final class Merge extends Layer {
    /** How inputs become one. */
    public enum Kind {
        /** Their sum. */
        ADD("add"),
        /** The first minus the second. */
        SUBTRACT("subtract"),
        /** Their product. */
        MULTIPLY("multiply"),
        /** Their mean. */
        AVERAGE("average"),
        /** The largest. */
        MAXIMUM("maximum"),
        /** The smallest. */
        MINIMUM("minimum"),
        /** One behind the other along an axis. */
        CONCATENATE("concatenate"),
        /** Inner products along an axis of both: (N, A, K) and (N, B, K) to (N, A, B), (N, K) and (N, K) to (N, 1). */
        DOT("dot");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    private final Kind kind;
    private final int axis;
    private boolean normalised;

    /** A layer of a kind; the axis is for concatenate and dot. */
    public Merge(Kind kind, int axis) {
        this.kind = kind;
        this.axis = axis;
    }

    /** For dot: scales the vectors to length 1 first, so that the products are cosines. */
    public Merge normalised() {
        normalised = true;
        return this;
    }

    @Override
    protected String typeName() {
        return kind.label;
    }

    @Override
    protected boolean passesMask() {
        return false;
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        boolean pair = kind == Kind.SUBTRACT || kind == Kind.DOT;
        if (inputs.size() < 2 || (pair && inputs.size() > 2)) {
            throw new ShapeException(kind.label + ": expected " + (pair ? "two" : "two or more") + " inputs, got "
                    + inputs.size() + "; pass them all to one call of apply");
        }
        Tensor y = switch (kind) {
            case CONCATENATE -> concatenated(inputs);
            case DOT -> dot(inputs.get(0), inputs.get(1));
            case ADD, SUBTRACT, MULTIPLY, AVERAGE, MAXIMUM, MINIMUM -> elementwise(inputs);
        };
        Optional<Tensor> mask = kind == Kind.DOT ? Optional.empty() : merged(inputs);
        return List.of(mask.isPresent() ? masked(y, mask.get()) : y);
    }

    private Tensor elementwise(List<Tensor> inputs) {
        Tensor y = inputs.getFirst();
        for (Tensor x : inputs.subList(1, inputs.size())) {
            requireFit(y.shape(), x.shape(), -1);
            y = switch (kind) {
                case ADD, AVERAGE -> y.add(x);
                case SUBTRACT -> y.sub(x);
                case MULTIPLY -> y.mul(x);
                case MAXIMUM -> y.maximum(x);
                case MINIMUM -> y.minimum(x);
                case CONCATENATE, DOT -> throw new AssertionError(kind);
            };
        }
        return kind == Kind.AVERAGE ? y.div(inputs.size()) : y;
    }

    private Tensor concatenated(List<Tensor> inputs) {
        Shape first = inputs.getFirst().shape();
        for (Tensor x : inputs) {
            requireFit(first, x.shape(), first.axis(axis));
        }
        return Tensor.concat(first.axis(axis), inputs);
    }

    /** Equal extents but on one axis; without one, axes of 1 go with all others. */
    private void requireFit(Shape a, Shape b, int except) {
        boolean fits = a.rank() == b.rank();
        for (int i = 0; fits && i < a.rank(); i++) {
            boolean repeats = except < 0 && i > 0 && (a.dim(i) == 1 || b.dim(i) == 1);
            fits = i == except || a.dim(i) == b.dim(i) || repeats;
        }
        if (!fits) {
            throw new ShapeException(kind.label + ": expected inputs like the first " + a
                    + (except < 0 ? "" : " on all axes but " + axis) + ", got " + b + "; reshape one of them");
        }
    }

    private Tensor dot(Tensor a, Tensor b) {
        boolean fits = a.rank() > 1
                && b.rank() > 1
                && a.dim(0) == b.dim(0)
                && a.dim(a.shape().axis(axis)) == b.dim(b.shape().axis(axis));
        if (!fits) {
            throw new ShapeException("dot: expected two inputs with as many examples and elements on axis " + axis
                    + ", got " + a.shape() + " and " + b.shape() + "; choose another axis");
        }
        Tensor x = vectors(a);
        Tensor y = vectors(b);
        if (normalised) {
            x = x.normalize(2, -1, 1e-12);
            y = y.normalize(2, -1, 1e-12);
        }
        Tensor products = x.matmul(y.transpose(1, 2));
        Shape left = a.shape().range(1, a.rank());
        Shape right = b.shape().range(1, b.rank());
        int[] rest = IntStream.concat(rest(left, a), rest(right, b)).toArray();
        int[] shape = new int[1 + Math.max(1, rest.length)];
        shape[0] = a.dim(0);
        shape[1] = 1;
        System.arraycopy(rest, 0, shape, 1, rest.length);
        return products.reshape(shape);
    }

    private IntStream rest(Shape example, Tensor x) {
        int dropped = x.shape().axis(axis) - 1;
        return IntStream.range(0, example.rank()).filter(i -> i != dropped).map(example::dim);
    }

    /** (N, everything else, axis). */
    private Tensor vectors(Tensor x) {
        Tensor last = x.moveAxis(x.shape().axis(axis), -1);
        int length = last.dim(-1);
        int others = Math.toIntExact(last.shape().range(1, last.rank() - 1).size());
        return last.reshape(x.dim(0), others, length);
    }

    private Optional<Tensor> merged(List<Tensor> inputs) {
        boolean steps = kind == Kind.CONCATENATE && inputs.getFirst().shape().axis(axis) == 1;
        List<Tensor> masks = inputs.stream().flatMap(x -> mask(x).stream()).toList();
        if (masks.isEmpty() || masks.stream().anyMatch(mask -> mask.rank() != 2)) {
            return Optional.empty();
        }
        return steps
                ? Optional.of(Tensor.concat(1, inputs.stream().map(this::steps).toList()))
                : masks.stream().reduce(Tensor::logicalAnd);
    }

    private Tensor steps(Tensor x) {
        return mask(x).orElseGet(() -> Tensor.full(1, x.dim(0), x.dim(1)).ne(0));
    }

    @Override
    public Optional<Config> config() {
        return Optional.of(Config.of(kind.label).with("axis", axis).with("normalised", normalised));
    }

    /** Made again from its description. */
    public static Merge of(Config config) {
        Merge merge = new Merge(config.oneOf(Kind.values(), kind -> kind.label).orElseThrow(), config.integer("axis"));
        merge.normalised = config.flag("normalised");
        return merge;
    }
}
