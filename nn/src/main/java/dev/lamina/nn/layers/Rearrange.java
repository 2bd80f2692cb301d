package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The elements of each example in another arrangement. Input (N, ...), output (N, ...). */
public final class Rearrange extends Layer {
    /** What is done. */
    public enum Kind {
        /** Another shape of an example, row-major; one extent may be -1, which is then computed. */
        RESHAPE("reshape"),
        /** Other order of the axes of an example, counted from 1 (axis 0 counts examples). */
        PERMUTE("permute"),
        /** A vector so many times: (N, D) to (N, count, D). */
        REPEAT("repeatVector");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    private final Kind kind;
    private final int[] numbers;

    /** A layer of a kind with a shape, an order of axes, or a count. */
    public Rearrange(Kind kind, int... numbers) {
        this.kind = kind;
        this.numbers = numbers.clone();
        boolean fits = switch (kind) {
            case RESHAPE ->
                Arrays.stream(numbers).allMatch(n -> n >= -1)
                        && Arrays.stream(numbers).filter(n -> n == -1).count() <= 1;
            case PERMUTE ->
                Arrays.equals(
                        Arrays.stream(numbers).sorted().toArray(),
                        IntStream.rangeClosed(1, numbers.length).toArray());
            case REPEAT -> numbers.length == 1 && numbers[0] >= 1;
        };
        if (!fits) {
            throw new LaminaException(kind.label + ": expected "
                    + switch (kind) {
                        case RESHAPE -> "extents with at most one -1";
                        case PERMUTE -> "each axis from 1 on once";
                        case REPEAT -> "a count of 1 or more";
                    }
                    + ", got " + Arrays.toString(numbers) + "; leave the axis of examples out");
        }
    }

    @Override
    protected String typeName() {
        return kind == Kind.REPEAT ? "repeat_vector" : kind.label;
    }

    @Override
    protected boolean passesMask() {
        return false;
    }

    @Override
    protected Tensor forward(Tensor x) {
        return switch (kind) {
            case RESHAPE -> reshaped(x);
            case PERMUTE -> permuted(x);
            case REPEAT -> {
                if (x.rank() != 2) {
                    throw new ShapeException(
                            "repeatVector: expected inputs (N, D), got " + x.shape() + "; flatten the examples first");
                }
                yield x.unsqueeze(1).expand(x.dim(0), numbers[0], x.dim(1));
            }
        };
    }

    private Tensor reshaped(Tensor x) {
        long size = x.shape().range(Math.min(1, x.rank()), x.rank()).size();
        long known = Arrays.stream(numbers).filter(n -> n >= 0).asLongStream().reduce(1, Math::multiplyExact);
        boolean open = Arrays.stream(numbers).anyMatch(n -> n == -1);
        if (x.rank() == 0 || (open ? known == 0 || size % known != 0 : size != known)) {
            throw new ShapeException("reshape: expected examples of " + (open ? "a multiple of " : "") + known
                    + " elements, got " + x.shape() + "; choose a shape of the same size");
        }
        int[] shape = IntStream.concat(IntStream.of(x.dim(0)), Arrays.stream(numbers))
                .map(n -> n == -1 ? Math.toIntExact(size / known) : n)
                .toArray();
        return x.reshape(shape);
    }

    private Tensor permuted(Tensor x) {
        if (x.rank() != numbers.length + 1) {
            throw new ShapeException("permute: expected examples of " + numbers.length + " axes, got " + x.shape()
                    + "; name every axis but that of the examples");
        }
        return x.permute(
                IntStream.concat(IntStream.of(0), Arrays.stream(numbers)).toArray());
    }

    @Override
    public Optional<Config> config() {
        List<Double> list = Arrays.stream(numbers).mapToObj(n -> (double) n).toList();
        return Optional.of(Config.of(kind.label).with("numbers", list));
    }

    /** Made again from its description. */
    public static Rearrange of(Config config) {
        return new Rearrange(
                config.oneOf(Kind.values(), kind -> kind.label).orElseThrow(),
                Arrays.stream(config.numbers("numbers")).mapToInt(n -> (int) n).toArray());
    }
}
