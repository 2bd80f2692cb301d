package dev.lamina.testkit;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.DType;
import dev.lamina.core.Gradients;
import dev.lamina.core.Random;
import dev.lamina.core.Scan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** Scans with random steps against the same steps one after the other: values, gradients, gradients of gradients. */
public final class Scans {
    private static final int BODIES = Integer.getInteger("lamina.fuzz.scans", 12);
    private static final int[] STEPS = {0, 1, 2, 7, 100};

    private final SplittableRandom random;
    private final int rows;
    private final int width;
    private final int steps;
    private final boolean reversed;
    private final long plan;

    private Scans(long seed, int steps) {
        random = new SplittableRandom(seed);
        // Many rows go through the steps in lanes.
        rows = random.nextInt(3) == 0 ? 8 + random.nextInt(26) : 1 + random.nextInt(5);
        width = 1 + random.nextInt(20);
        reversed = random.nextBoolean();
        plan = random.nextLong();
        this.steps = steps;
    }

    /** All tests of a backend. */
    public static Stream<DynamicNode> tests(String backend) {
        return IntStream.range(0, BODIES)
                .boxed()
                .flatMap(body -> IntStream.of(STEPS)
                        .mapToObj(steps -> dynamicTest("body " + body + ", " + steps + " steps", () -> {
                            new Scans(body, steps).check(backend, body);
                        })));
    }

    private void check(String backend, int body) {
        List<Tensor> point = point();
        String where = "scan with body " + body + " and " + steps + " steps on " + backend;
        List<Tensor> expected = OnBackend.of("interpreter", () -> numbers(point, false));
        List<Tensor> got = OnBackend.of(backend, () -> numbers(point, true));
        for (int i = 0; i < expected.size(); i++) {
            String value = where + ", value " + i + ": ";
            Values.difference(got.get(i), expected.get(i), 1e-8, 1e-9).ifPresent(difference -> {
                throw new AssertionError(value + difference);
            });
        }
    }

    /** Carries h, c (N, W); sequences x (T, N, W), (T, N, 2W), (N, T, W) seen as (T, N, W); w (W, 2W), b (2W), u (W, W), s (N, 1). */
    private List<Tensor> point() {
        List<Shape> shapes = List.of(
                Shape.of(rows, width),
                Shape.of(rows, width),
                Shape.of(steps, rows, width),
                Shape.of(steps, rows, 2 * width),
                Shape.of(rows, steps, width),
                Shape.of(width, 2 * width),
                Shape.of(2 * width),
                Shape.of(width, width),
                Shape.of(rows, 1));
        List<Tensor> point = new ArrayList<>();
        for (Shape shape : shapes) {
            point.add(Random.seed(random.nextLong())
                    .normal(DType.F64, shape, 0, 0.4)
                    .evaluate());
        }
        return point;
    }

    /** What a run of all steps gives: last carries and outputs. */
    private List<Tensor> results(List<Tensor> p, boolean scanned) {
        List<Tensor> sequences = List.of(p.get(2), p.get(3), p.get(4).transpose(0, 1));
        if (scanned) {
            Scan scan = Scan.over(sequences).carry("h", p.get(0)).carry("c", p.get(1));
            Scan.Result result = (reversed ? scan.reversed() : scan).run(step -> {
                List<Tensor> inputs =
                        IntStream.range(0, 3).mapToObj(step::input).toList();
                List<Tensor> made = step(step.carry("h"), step.carry("c"), inputs, p);
                step.next("h", made.get(0));
                step.next("c", made.get(1));
                step.output("y", made.get(2));
                step.output("h", made.get(0));
            });
            return List.of(result.last("h"), result.last("c"), result.output("y"), result.output("h"));
        }
        Tensor h = p.get(0);
        Tensor c = p.get(1);
        Tensor[] ys = new Tensor[steps];
        Tensor[] hs = new Tensor[steps];
        for (int s = 0; s < steps; s++) {
            int t = reversed ? steps - 1 - s : s;
            List<Tensor> inputs = sequences.stream()
                    .map(sequence -> sequence.narrow(0, t, 1).squeeze(0))
                    .toList();
            List<Tensor> made = step(h, c, inputs, p);
            h = made.get(0);
            c = made.get(1);
            ys[t] = made.get(2);
            hs[t] = h;
        }
        Tensor none = Tensor.zeros(DType.F64, Shape.of(0, rows, width));
        return List.of(
                h,
                c,
                steps == 0 ? none : Tensor.stack(0, List.of(ys)),
                steps == 0 ? none : Tensor.stack(0, List.of(hs)));
    }

    /** A random step: h, c and an output, all (N, W). */
    private List<Tensor> step(Tensor h, Tensor c, List<Tensor> inputs, List<Tensor> p) {
        SplittableRandom choices = new SplittableRandom(plan);
        List<Tensor> known = new ArrayList<>(List.of(
                h,
                c,
                inputs.get(0),
                inputs.get(1).narrow(1, 0, width),
                inputs.get(2),
                p.get(8).expand(rows, width)));
        for (int i = 0; i < 6; i++) {
            Tensor a = known.get(choices.nextInt(known.size()));
            Tensor b = known.get(choices.nextInt(known.size()));
            known.add(
                    switch (choices.nextInt(9)) {
                        case 0 ->
                            a.matmul(p.get(5))
                                    .add(p.get(6))
                                    .add(inputs.get(1))
                                    .narrow(1, width / 2, width)
                                    .tanh();
                        case 1 -> a.matmul(p.get(7)).add(b);
                        case 2 -> a.matmul(p.get(7).transpose()).tanh();
                        case 3 -> a.sigmoid().mul(b);
                        case 4 -> a.sub(b).tanh();
                        case 5 -> a.softmax(1).add(b);
                        case 6 -> inputs.get(0).gt(0).where(a, b);
                        case 7 -> gates(a.matmul(p.get(5)).add(p.get(6)), b);
                        default ->
                            a.add(p.get(6).narrow(0, 0, width))
                                    .mul(p.get(7).sum(0).tanh());
                    });
        }
        int last = known.size() - 1;
        return List.of(
                known.get(last).add(h.mul(0.5)).tanh(),
                known.get(last - 1).add(c.mul(0.3)).tanh(),
                known.get(last - 2));
    }

    private Tensor gates(Tensor sums, Tensor b) {
        return sums.narrow(1, 0, width)
                .sigmoid()
                .mul(sums.narrow(1, width, width).tanh())
                .add(b.mul(0.2));
    }

    private List<Tensor> numbers(List<Tensor> point, boolean scanned) {
        List<Tensor> all = new ArrayList<>(results(point, scanned));
        List<Tensor> first = Gradients.of(loss(all), point);
        all.addAll(first);
        if (steps <= 7) {
            all.addAll(Gradients.of(loss(first), point));
        }
        Tensor.evaluateAll(all.toArray(Tensor[]::new));
        return all;
    }

    private static Tensor loss(List<Tensor> results) {
        Tensor sum = Tensor.scalar(0.0);
        for (Tensor result : results) {
            sum = sum.add(result.mul(result.add(0.7)).sum());
        }
        return sum;
    }
}
