package dev.lamina.nn;

import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import java.util.SplittableRandom;

/** Small data sets for tests. */
final class Data {
    private Data() {}

    /** Points of the plane around three centres; the label is the centre. */
    static Dataset clusters(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] features = new float[count][];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i % 3;
            double angle = labels[i] * 2 * Math.PI / 3;
            features[i] = new float[] {
                (float) (2 * Math.cos(angle) + random.nextDouble(-1, 1)),
                (float) (2 * Math.sin(angle) + random.nextDouble(-1, 1))
            };
        }
        return Dataset.of(features, labels);
    }

    /** Points of a square; the label (N, 1) is 1 inside a circle. */
    static Dataset circle(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] features = new float[2 * count];
        float[] labels = new float[count];
        for (int i = 0; i < count; i++) {
            double x = random.nextDouble(-1, 1);
            double y = random.nextDouble(-1, 1);
            features[2 * i] = (float) x;
            features[2 * i + 1] = (float) y;
            labels[i] = x * x + y * y < 0.6 ? 1 : 0;
        }
        return Dataset.of(Tensor.of(features, count, 2), Tensor.of(labels, count, 1));
    }
}
