package dev.lamina.nn.layers;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Slide;
import dev.lamina.nn.Config;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What convolution and pooling layers share: numbers by axis, and slides in saved models. */
final class Sliding {
    private Sliding() {}

    /** One number for each axis from one for all, or from as many. */
    static int[] each(String layer, String what, int axes, int least, int... numbers) {
        boolean fits = (numbers.length == 1 || numbers.length == axes)
                && Arrays.stream(numbers).allMatch(n -> n >= least);
        if (!fits) {
            throw new LaminaException(
                    layer + ": expected a " + what + " of 1 or " + axes + " numbers of " + least + " or more, got "
                            + Arrays.toString(numbers) + "; give one number for each spatial axis, or one for all");
        }
        int[] all = new int[axes];
        Arrays.setAll(all, i -> numbers[numbers.length == 1 ? 0 : i]);
        return all;
    }

    /** Refuses inputs that have not so many spatial axes. */
    static void requireAxes(String layer, Shape input, int axes) {
        String name = axes == 1 ? "(N, T, C)" : axes == 2 ? "(N, H, W, C)" : "(N, D, H, W, C)";
        if (input.rank() != axes + 2) {
            throw new ShapeException(layer + ": expected inputs " + name + ", got " + input
                    + "; reshape or permute them, channels come last");
        }
    }

    /** Refuses inputs with another number of channels than at the first use. */
    static void requireChannels(String layer, Shape input, int axes, int channels) {
        requireAxes(layer, input, axes);
        if (input.dim(-1) != channels) {
            throw new ShapeException(layer + ": expected inputs with " + channels + " channels, got " + input
                    + "; feed examples with as many channels as at the first use, channels come last");
        }
    }

    /** A description with a slide more. */
    static Config into(Config config, Slide slide) {
        return config.with("strides", numbers(slide.strides()))
                .with("dilations", numbers(slide.dilations()))
                .with("padding", slide.padding().name().toLowerCase(Locale.ROOT))
                .with("before", numbers(slide.before()))
                .with("after", numbers(slide.after()))
                .with("groups", slide.groups())
                .with("ceil", slide.ceiling())
                .with("countIncludePad", slide.countsPadding())
                .with("outputPadding", numbers(slide.outputPadding()));
    }

    /** The slide of a description. */
    static Slide from(Config config) {
        Slide slide = Slide.by(integers(config, "strides"))
                .dilations(integers(config, "dilations"))
                .padding(integers(config, "before"), integers(config, "after"))
                .groups(config.integer("groups"))
                .countIncludePad(config.flag("countIncludePad"))
                .outputPadding(integers(config, "outputPadding"));
        slide = config.flag("ceil") ? slide.ceil() : slide;
        return switch (config.text("padding")) {
            case "same" -> slide.same();
            case "causal" -> slide.causal();
            default -> slide;
        };
    }

    static List<Double> numbers(List<Integer> integers) {
        return integers.stream().map(Integer::doubleValue).toList();
    }

    static List<Double> numbers(int... integers) {
        return Arrays.stream(integers).asDoubleStream().boxed().toList();
    }

    static int[] integers(Config config, String key) {
        return Arrays.stream(config.numbers(key)).mapToInt(n -> (int) n).toArray();
    }
}
