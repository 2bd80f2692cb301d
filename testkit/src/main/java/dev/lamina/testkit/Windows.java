package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Index;
import dev.lamina.core.PadMode;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Padding modes, patches and resampling written with indexing: what a fused op of that name has to equal. */
final class Windows {
    private Windows() {}

    /**
     * Pads with a value or with elements of the tensor.
     *
     * @param pad (before, after) for each axis from the last one backwards
     * @param mode constant, reflect, replicate or circular
     */
    static Tensor pad(Tensor x, int[] pad, String mode, double value) {
        int[] before = new int[x.rank()];
        int[] after = new int[x.rank()];
        for (int i = 0; 2 * i < pad.length; i++) {
            before[x.rank() - 1 - i] = pad[2 * i];
            after[x.rank() - 1 - i] = pad[2 * i + 1];
        }
        if (mode.equals("constant")) {
            return x.pad(before, after, value);
        }
        return x.pad(before, after, PadMode.valueOf(mode.toUpperCase(Locale.ROOT)));
    }

    /**
     * Patches of an image with stride 1.
     *
     * @param x (N, C, H, W)
     * @return (N, C * kernel height * kernel width, positions)
     */
    static Tensor unfold(Tensor x, int[] kernel, int padding) {
        Tensor padded = pad(x, new int[] {padding, padding, padding, padding}, "constant", 0);
        int height = padded.dim(2) - kernel[0] + 1;
        int width = padded.dim(3) - kernel[1] + 1;
        List<Tensor> patches = new ArrayList<>();
        for (int i = 0; i < kernel[0]; i++) {
            for (int j = 0; j < kernel[1]; j++) {
                patches.add(padded.slice(Index.ellipsis(), Index.range(i, i + height), Index.range(j, j + width)));
            }
        }
        return Tensor.stack(2, patches.toArray(Tensor[]::new)).reshape(x.dim(0), -1, height * width);
    }

    /** Each pixel becomes a square of equal pixels; x is (N, C, H, W). */
    static Tensor nearest(Tensor x, int scale) {
        return x.repeatInterleave(scale, 2).repeatInterleave(scale, 3);
    }

    /** Linear interpolation between pixel centres along both axes; x is (N, C, H, W). */
    static Tensor bilinear(Tensor x, int[] size) {
        return linear(linear(x, 2, size[0]), 3, size[1]);
    }

    private static Tensor linear(Tensor x, int axis, int size) {
        int extent = x.dim(axis);
        long[] low = new long[size];
        long[] high = new long[size];
        double[] weight = new double[size];
        for (int i = 0; i < size; i++) {
            double center = Math.max(0, (i + 0.5) * extent / size - 0.5);
            low[i] = (long) center;
            high[i] = Math.min(low[i] + 1, extent - 1);
            weight[i] = center - low[i];
        }
        int[] along = new int[x.rank() - axis];
        Arrays.fill(along, 1);
        along[0] = size;
        Tensor blend = Tensor.of(weight, along).cast(x.dtype() == DType.F64 ? DType.F64 : DType.F32);
        Tensor left = x.indexSelect(axis, Tensor.of(low));
        Tensor right = x.indexSelect(axis, Tensor.of(high));
        return left.add(right.sub(left).mul(blend));
    }
}
