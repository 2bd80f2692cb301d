package dev.lamina.data;

/** Changes the length of one axis of an array: by area when it shrinks, linearly when it grows. */
final class Resample {

    private Resample() {}

    /**
     * Resamples the middle axis.
     *
     * @param values (outer, length, inner)
     * @return (outer, newLength, inner)
     */
    static float[] axis(float[] values, int outer, int length, int inner, int newLength) {
        float[] result = new float[Math.multiplyExact(Math.multiplyExact(outer, newLength), inner)];
        for (int to = 0; to < newLength; to++) {
            double scale = (double) length / newLength;
            double from = to * scale;
            // A new pixel covers [from, from + scale) of the old ones; when it is smaller than one old pixel, a
            // triangle of width 2 around its centre weighs the two nearest.
            boolean area = scale >= 1;
            double centre = from + scale / 2 - 0.5;
            int first = (int) Math.floor(area ? from : centre);
            int last = area ? (int) Math.ceil(from + scale) - 1 : first + 1;
            for (int at = first; at <= last; at++) {
                double weight = area
                        ? (Math.min(at + 1, from + scale) - Math.max(at, from)) / scale
                        : 1 - Math.abs(centre - at);
                add(values, outer, length, inner, Math.clamp(at, 0, length - 1), result, to, newLength, (float) weight);
            }
        }
        return result;
    }

    private static void add(
            float[] values, int outer, int length, int inner, int at, float[] result, int to, int newLength, float w) {
        for (int o = 0; o < outer; o++) {
            int source = (o * length + at) * inner;
            int target = (o * newLength + to) * inner;
            for (int i = 0; i < inner; i++) {
                result[target + i] += w * values[source + i];
            }
        }
    }
}
