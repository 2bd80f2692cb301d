package dev.lamina.testkit;

import dev.lamina.core.PadMode;
import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.core.ValuesAndIndices;
import dev.lamina.core.Windows.Interpolation;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** The golden ops of convolution, pooling and resampling. The manifest has channels first, we have them last. */
final class WindowCases {
    private WindowCases() {}

    /** What is done with an input whose channels are last. */
    private interface Last {
        Tensor of(Tensor x, OpCases.Inputs in, Args args);
    }

    static void add(Map<String, OpCases.Call> table) {
        for (int axes = 1; axes <= 3; axes++) {
            int rank = axes;
            last(table, "conv" + axes + "d", (x, in, args) -> conv(x, in, args, rank));
            last(table, "conv_transpose" + axes + "d", (x, in, args) -> {
                Slide slide = slide(args).outputPadding(one(args, "output_padding", 0));
                return biased(x.convTranspose(fromTorch(in.get("weight")), slide), in);
            });
            last(table, "max_pool" + axes + "d", (x, in, args) -> x.maxPool(pooling(args), window(args, rank)));
            last(table, "avg_pool" + axes + "d", (x, in, args) -> {
                Slide slide = pooling(args).countIncludePad(args.flag("count_include_pad", true));
                return x.avgPool(slide, window(args, rank));
            });
            last(
                    table,
                    "adaptive_avg_pool" + axes + "d",
                    (x, in, args) -> x.adaptiveAvgPool(each(args.ints("output_size"), rank)));
            last(
                    table,
                    "adaptive_max_pool" + axes + "d",
                    (x, in, args) -> x.adaptiveMaxPool(each(args.ints("output_size"), rank)));
        }
        others(table);
        chains(table);
    }

    private static void others(Map<String, OpCases.Call> table) {
        table.put("max_pool2d_with_indices", (in, args) -> {
            ValuesAndIndices both = last(in.x()).maxPoolWithIndices(pooling(args), window(args, 2));
            return Map.of("y", first(both.values()), "indices", first(both.indices()));
        });
        table.put("unfold_im2col", (in, args) -> {
            int[] window = args.ints("kernel_size");
            Tensor rows = last(in.x()).unfold(slide(args), window);
            int taps = window[0] * window[1];
            Tensor split = rows.reshape(rows.dim(0), -1, taps, in.x().dim(1));
            return Map.of("y", split.permute(0, 3, 2, 1).flatten(1, 2));
        });
        last(table, "interpolate", (x, in, args) -> {
            int scale = args.integer("scale_factor", 1);
            return args.text("mode", "nearest").equals("nearest")
                    ? x.interpolate(Interpolation.NEAREST, scale * x.dim(1), scale * x.dim(2))
                    : x.interpolate(Interpolation.LINEAR, args.ints("size"));
        });
    }

    private static void last(Map<String, OpCases.Call> table, String op, Last call) {
        table.put(op, (in, args) -> Map.of("y", first(call.of(last(in.x()), in, args))));
    }

    private static Tensor conv(Tensor x, OpCases.Inputs in, Args args, int axes) {
        Tensor padded = x;
        Slide slide = slide(args);
        if (!args.text("padding_mode", "zeros").equals("zeros")) {
            int[] around = new int[axes + 2];
            Arrays.fill(around, 1, axes + 1, args.integer("padding", 0));
            padded = x.pad(
                    around,
                    around,
                    PadMode.valueOf(args.text("padding_mode", "").toUpperCase(Locale.ROOT)));
            slide = slide.padding(0);
        }
        return biased(padded.conv(fromTorch(in.get("weight")), slide), in);
    }

    private static Tensor biased(Tensor y, OpCases.Inputs in) {
        return in.golden().tensors().containsKey("param.bias") ? y.add(in.get("bias")) : y;
    }

    /** (O, C, T...) to (T..., C, O). */
    private static Tensor fromTorch(Tensor weight) {
        int[] axes = new int[weight.rank()];
        Arrays.setAll(axes, d -> d < axes.length - 2 ? d + 2 : axes.length - 1 - d);
        return weight.permute(axes);
    }

    private static Tensor last(Tensor x) {
        int[] axes = new int[x.rank()];
        Arrays.setAll(axes, d -> d == 0 ? 0 : d == axes.length - 1 ? 1 : d + 1);
        return x.permute(axes);
    }

    private static Tensor first(Tensor x) {
        int[] axes = new int[x.rank()];
        Arrays.setAll(axes, d -> d == 0 ? 0 : d == 1 ? axes.length - 1 : d - 1);
        return x.permute(axes);
    }

    private static int[] one(Args args, String name, int otherwise) {
        int[] given = args.ints(name);
        return given.length == 0 ? new int[] {otherwise} : given;
    }

    private static int[] each(int[] numbers, int axes) {
        int[] all = Arrays.copyOf(numbers, axes);
        Arrays.fill(all, Math.min(numbers.length, axes), axes, numbers[0]);
        return all;
    }

    private static int[] window(Args args, int axes) {
        return each(args.ints("kernel_size"), axes);
    }

    private static Slide slide(Args args) {
        Slide slide = Slide.by(one(args, "stride", 1))
                .dilations(one(args, "dilation", 1))
                .groups(args.integer("groups", 1));
        boolean same =
                args.has("padding") && args.json().get("padding").toString().equals("\"same\"");
        return same ? slide.same() : slide.padding(one(args, "padding", 0));
    }

    private static Slide pooling(Args args) {
        int[] stride = args.has("stride") ? args.ints("stride") : args.ints("kernel_size");
        Slide slide = Slide.by(stride).dilations(one(args, "dilation", 1)).padding(one(args, "padding", 0));
        return args.flag("ceil_mode", false) ? slide.ceil() : slide;
    }

    private static void chains(Map<String, OpCases.Call> table) {
        table.put("sequential_cnn", (in, args) -> {
            Tensor x = last(in.x());
            x = normalized(same(x, in, "0"), in, "1").relu().maxPool(2, 2);
            x = normalized(same(x, in, "4"), in, "5").relu().mean(1, 2);
            Tensor logits = x.matmul(in.get("9.weight").transpose()).add(in.get("9.bias"));
            Tensor picked = logits.logSoftmax(-1).gather(1, in.get("target").unsqueeze(1));
            return Map.of("logits", logits, "loss", picked.neg().mean());
        });
        table.put("residual_block", (in, args) -> {
            Tensor x = last(in.x());
            Tensor inner = normalized(same(x, in, "conv1"), in, "bn1").relu();
            return Map.of(
                    "y",
                    first(x.add(normalized(same(inner, in, "conv2"), in, "bn2")).relu()));
        });
    }

    private static Tensor same(Tensor x, OpCases.Inputs in, String name) {
        Tensor y = x.conv(fromTorch(in.get(name + ".weight")), Slide.by(1).same());
        boolean biased = in.golden().tensors().containsKey("param." + name + ".bias");
        return biased ? y.add(in.get(name + ".bias")) : y;
    }

    /** Batch normalization in training. */
    private static Tensor normalized(Tensor x, OpCases.Inputs in, String name) {
        Tensor centred = x.sub(x.meanKeep(0, 1, 2));
        Tensor scale = centred.square().meanKeep(0, 1, 2).add(1e-5).rsqrt();
        return centred.mul(scale).mul(in.get(name + ".weight")).add(in.get(name + ".bias"));
    }
}
