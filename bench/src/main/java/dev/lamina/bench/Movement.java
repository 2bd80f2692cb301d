package dev.lamina.bench;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Work that mostly moves memory, against a plain copy of as many bytes. Numbers are small integers, so that all sums are exact. */
final class Movement implements Work {
    private static final int SIDE = 4096;
    private static final int WORDS = 50_000;
    private static final int WIDTH = 256;
    private static final int TOKENS = 1 << 16;
    private static final int CHANNELS = 64;

    private final Execution execution;
    private final long bytes;
    private final Expected expected;

    /** The value of output 0 at an index. */
    @FunctionalInterface
    private interface Expected {
        double at(int index);
    }

    /**
     * @param bytes that have to be read or written
     */
    private Movement(List<Tensor> inputs, Tensor output, long bytes, Expected expected) {
        execution = Plan.compile(inputs, List.of(output), Map.of()).start();
        this.bytes = bytes;
        this.expected = expected;
        for (int i = 0; i < inputs.size(); i++) {
            MemorySegment memory = execution.input(i);
            boolean index = inputs.get(i).dtype() == DType.I64;
            for (int j = 0; j < inputs.get(i).shape().size(); j++) {
                if (index) {
                    memory.setAtIndex(ValueLayout.JAVA_LONG, j, word(j));
                } else {
                    memory.setAtIndex(ValueLayout.JAVA_FLOAT, j, value(j));
                }
            }
        }
    }

    private static float value(int i) {
        return i % 7 - 3;
    }

    private static int word(int i) {
        return (int) (i * 2_654_435_761L % WORDS);
    }

    private static Tensor floats(int... dims) {
        return Tensor.input(DType.F32, Shape.of(dims));
    }

    private static Movement of(Tensor input, Tensor output, Expected expected) {
        long count = input.shape().size() + output.shape().size();
        return new Movement(List.of(input), output, 4 * count, expected);
    }

    /** A matrix across. */
    static Movement transpose() {
        Tensor x = floats(SIDE, SIDE);
        return of(x, x.transpose(), i -> value(i % SIDE * SIDE + i / SIDE));
    }

    /** (N, C, H, W) as (N, H, W, C). */
    static Movement channels() {
        int side = 56;
        Tensor x = floats(64, CHANNELS, side, side);
        int plane = side * side;
        return of(
                x,
                x.permute(0, 2, 3, 1),
                i -> value((i / CHANNELS / plane * CHANNELS + i % CHANNELS) * plane + i / CHANNELS % plane));
    }

    /** Rows of a table by index. */
    static Movement embedding() {
        Tensor table = floats(WORDS, WIDTH);
        Tensor index = Tensor.input(DType.I64, Shape.of(TOKENS));
        return new Movement(
                List.of(table, index),
                table.take(index),
                8L * TOKENS * (WIDTH + 1),
                i -> value(word(i / WIDTH) * WIDTH + i % WIDTH));
    }

    /** The gradient of that: sums of the rows of each word. */
    static Movement embeddingGradient() {
        Tensor index = Tensor.input(DType.I64, Shape.of(TOKENS));
        Tensor updates = floats(TOKENS, WIDTH);
        Tensor table = floats(WORDS, WIDTH);
        Tensor sums = Gradients.of(table.take(index), updates, List.of(table)).getFirst();
        return new Movement(List.of(index, updates), sums, 4L * WIDTH * (TOKENS + WORDS) + 8L * TOKENS, i -> {
            double sum = 0;
            for (int j = 0; j < TOKENS; j++) {
                sum += word(j) == i / WIDTH ? value(j * WIDTH + i % WIDTH) : 0;
            }
            return sum;
        });
    }

    /** Running sums along rows, or down columns. */
    static Movement runningSums(boolean columns) {
        Tensor x = floats(SIDE, SIDE);
        return of(x, x.cumsum(columns ? 0 : 1), i -> {
            double sum = 0;
            int count = columns ? i / SIDE : i % SIDE;
            for (int j = 0; j <= count; j++) {
                sum += value(columns ? j * SIDE + i % SIDE : i / SIDE * SIDE + j);
            }
            return sum;
        });
    }

    /** Sums of columns: the gradient of a bias. */
    static Movement columns() {
        int rows = SIDE * SIDE / 1024;
        Tensor x = floats(rows, 1024);
        return of(x, x.sum(0), i -> {
            double sum = 0;
            for (int j = 0; j < rows; j++) {
                sum += value(j * 1024 + i);
            }
            return sum;
        });
    }

    /** Mean and variance of the channels of (N, H, W, C): what batch normalization begins with. */
    static Movement statistics() {
        Tensor x = floats(64, 56, 56, CHANNELS);
        int count = 64 * 56 * 56;
        Tensor mean = x.mean(0, 1, 2);
        Tensor spread = x.square().mean(0, 1, 2).sub(mean.square());
        return of(x, Tensor.concat(0, mean, spread), i -> {
            double sum = 0;
            double squares = 0;
            for (int j = 0; j < count; j++) {
                double v = value(j * CHANNELS + i % CHANNELS);
                sum += v;
                squares += v * v;
            }
            return i < CHANNELS ? sum / count : squares / count - sum / count * (sum / count);
        });
    }

    @Override
    public void run() {
        execution.run();
    }

    @Override
    public Unit unit() {
        return Unit.rate("GB/s", 1e-9 * bytes);
    }

    @Override
    public void check() {
        run();
        MemorySegment output = execution.output(0);
        List<Integer> places = new ArrayList<>();
        int size = Math.toIntExact(output.byteSize() / 4);
        for (long i = 0; i < size; i += 1 + size / 61) {
            places.add((int) i);
        }
        places.add(size - 1);
        for (int i : places) {
            Check.close("at " + i, expected.at(i), output.getAtIndex(ValueLayout.JAVA_FLOAT, i), 1e-6);
        }
    }

    @Override
    public Optional<Peer> peer() {
        return Optional.of(Copy.of(bytes / 128 * 64));
    }
}
