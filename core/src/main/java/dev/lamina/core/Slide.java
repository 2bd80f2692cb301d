package dev.lamina.core;

import dev.lamina.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How windows slide over the spatial axes of images and sequences: the options of convolution and pooling. Each list has one entry for
 * each spatial axis, or one for all of them. Made with {@link #by} and the methods that follow it:
 *
 * {@snippet :
 * Tensor y = x.conv(kernel, Slide.by(2).same());
 * Tensor z = y.maxPool(Slide.by(2).padding(1), 3);
 * }
 *
 * @param strides steps from window to window
 * @param dilations steps from tap to tap of a window
 * @param padding how many positions are added around the input
 * @param before the positions in front, if they are given
 * @param after the positions behind, if they are given
 * @param groups into how many groups channels come, each of which is convolved by itself
 * @param ceiling whether a last window that leaves the input counts, if it begins inside
 * @param countsPadding whether averages count given padding as zeros, as PyTorch does; that of SAME never counts
 * @param outputPadding positions added behind the output of a transposed convolution
 */
public record Slide(
        List<Integer> strides,
        List<Integer> dilations,
        Padding padding,
        List<Integer> before,
        List<Integer> after,
        int groups,
        boolean ceiling,
        boolean countsPadding,
        List<Integer> outputPadding) {

    /** How many positions are added around the input. */
    public enum Padding {
        /** As many as the numbers say; none if there are none ("valid"). */
        GIVEN,
        /** So many that there are ceil(extent / stride) windows, half of them in front; an odd one behind. */
        SAME,
        /** So many in front that a window ends where its output is: no output sees what comes later. */
        CAUSAL
    }

    /** Checks the numbers. */
    public Slide {
        strides = checked("strides", strides, 1);
        dilations = checked("dilations", dilations, 1);
        before = checked("padding", before, 0);
        after = checked("padding", after, 0);
        outputPadding = checked("outputPadding", outputPadding, 0);
        if (groups < 1) {
            throw new LaminaException("groups: expected 1 or more, got " + groups + "; 1 sees all channels");
        }
    }

    /** Windows every so many positions, without padding. */
    public static Slide by(int... strides) {
        List<Integer> none = List.of(0);
        return new Slide(list(strides), List.of(1), Padding.GIVEN, none, none, 1, false, true, none);
    }

    /** With so many steps from tap to tap. */
    public Slide dilations(int... dilations) {
        return new Slide(
                strides, list(dilations), padding, before, after, groups, ceiling, countsPadding, outputPadding);
    }

    /** With padding {@link Padding#SAME}. */
    public Slide same() {
        return padding(Padding.SAME, List.of(0), List.of(0));
    }

    /** With padding {@link Padding#CAUSAL}, for sequences. */
    public Slide causal() {
        return padding(Padding.CAUSAL, List.of(0), List.of(0));
    }

    /** With so many positions in front of and behind the input. */
    public Slide padding(int... both) {
        return padding(both, both);
    }

    /** With so many positions in front of and behind the input. */
    public Slide padding(int[] before, int[] after) {
        return padding(Padding.GIVEN, list(before), list(after));
    }

    private Slide padding(Padding kind, List<Integer> front, List<Integer> behind) {
        return new Slide(strides, dilations, kind, front, behind, groups, ceiling, countsPadding, outputPadding);
    }

    /** With channels in so many groups. */
    public Slide groups(int groups) {
        return new Slide(strides, dilations, padding, before, after, groups, ceiling, countsPadding, outputPadding);
    }

    /** With a last window that leaves the input. */
    public Slide ceil() {
        return new Slide(strides, dilations, padding, before, after, groups, true, countsPadding, outputPadding);
    }

    /** With averages that count given padding as zeros or not. */
    public Slide countIncludePad(boolean counts) {
        return new Slide(strides, dilations, padding, before, after, groups, ceiling, counts, outputPadding);
    }

    /** With so many positions behind the output of a transposed convolution: less than the stride. */
    public Slide outputPadding(int... positions) {
        return new Slide(strides, dilations, padding, before, after, groups, ceiling, countsPadding, list(positions));
    }

    private static List<Integer> list(int... numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }

    private static List<Integer> checked(String name, List<Integer> numbers, int least) {
        boolean fits = !numbers.isEmpty()
                && numbers.size() <= Window.MAX_AXES
                && numbers.stream().allMatch(n -> n >= least);
        if (!fits) {
            throw new LaminaException(name + ": expected 1 to 3 numbers of " + least + " or more, got " + numbers
                    + "; give one for each spatial axis, or one for all");
        }
        return List.copyOf(numbers);
    }

    /** One number for each axis. */
    private static int at(List<Integer> numbers, int axis) {
        return numbers.get(numbers.size() == 1 ? 0 : axis);
    }

    private void requireAxes(String op, Shape x, int axes) {
        for (List<Integer> list : List.of(strides, dilations, before, after, outputPadding)) {
            if (list.size() != 1 && list.size() != axes) {
                throw new ShapeException(op + ": expected one number for each of the " + axes + " spatial axes of " + x
                        + ", got " + list + "; give " + axes + " or 1");
            }
        }
        if (padding == Padding.CAUSAL && axes != 1) {
            throw new ShapeException(op + ": expected sequences (N, T, C) for causal padding, got " + x
                    + "; use same() or padding(before, after)");
        }
    }

    /** Where the windows of an input (N, S..., C) lie. */
    Window.Geometry over(String op, Shape x, int... window) {
        int axes = axes(op, x, window);
        List<Integer> front = new ArrayList<>();
        List<Integer> behind = new ArrayList<>();
        for (int axis = 0; axis < axes; axis++) {
            int extent = x.dim(axis + 1);
            int stride = at(strides, axis);
            int span = (window[axis] - 1) * at(dilations, axis) + 1;
            int added = switch (padding) {
                case GIVEN -> at(before, axis) + at(after, axis);
                case SAME -> Math.max(0, (Math.ceilDiv(extent, stride) - 1) * stride + span - extent);
                case CAUSAL -> span - 1;
            };
            int first = switch (padding) {
                case GIVEN -> at(before, axis);
                case SAME -> added / 2;
                case CAUSAL -> added;
            };
            if (extent + added < span) {
                throw new ShapeException(
                        op + ": expected windows of at most " + (extent + added) + " positions on axis "
                                + (axis + 1) + " of " + x + " (with padding), got " + span
                                + "; use a smaller window, less dilation or more padding");
            }
            int over = Math.floorMod(-(extent + added - span), stride);
            boolean begins = extent + added - span + over < first + extent;
            front.add(first);
            behind.add(added - first + (ceiling && begins ? over : 0));
        }
        return new Window.Geometry(list(window), each(strides, axes), each(dilations, axes), front, behind);
    }

    private int axes(String op, Shape x, int... window) {
        int axes = x.rank() - 2;
        if (axes < 1
                || axes > Window.MAX_AXES
                || axes != window.length
                || Arrays.stream(window).anyMatch(n -> n < 1)) {
            throw new ShapeException(
                    op + ": expected inputs (N, S..., C) with 1 to 3 spatial axes and a window of 1 or more"
                            + " for each, got " + x + " and a window " + Arrays.toString(window)
                            + "; unsqueeze or permute the input, channels come last");
        }
        requireAxes(op, x, axes);
        return axes;
    }

    private static List<Integer> each(List<Integer> numbers, int axes) {
        return java.util.stream.IntStream.range(0, axes)
                .mapToObj(axis -> at(numbers, axis))
                .toList();
    }

    /** The spatial extents of a transposed convolution's output, of which the input (N, P..., C) has as many windows. */
    Shape transposed(String op, Shape x, int channels, int... window) {
        int axes = axes(op, x, window);
        Shape shape = x.with(-1, channels);
        for (int axis = 0; axis < axes; axis++) {
            int stride = at(strides, axis);
            int span = (window[axis] - 1) * at(dilations, axis) + 1;
            int more = at(outputPadding, axis);
            int extent = x.dim(axis + 1);
            int whole = (extent - 1) * stride + span + more;
            int result = switch (padding) {
                case GIVEN -> whole - at(before, axis) - at(after, axis);
                case SAME -> extent * stride;
                case CAUSAL -> whole - span + 1;
            };
            if (result < 1 || more >= stride) {
                throw new ShapeException(op + ": expected an output of 1 or more positions and less output padding than"
                        + " the stride " + stride + " on axis " + (axis + 1) + " of " + x + ", got " + result
                        + " positions and " + more + "; use less padding");
            }
            shape = shape.with(axis + 1, result);
        }
        return shape;
    }
}
