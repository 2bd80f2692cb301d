package dev.lamina.core.backend;

import dev.lamina.core.Shape;
import dev.lamina.core.op.View;
import java.util.List;

/** Views in the interpreter: each element of the result is found by its index, each view in the most direct way. */
final class InterpretedViews {
    private InterpretedViews() {}

    static void move(View view, Values[] in, Values out) {
        Values from = in[0];
        switch (view) {
            case View.Reshape ignored -> out.copy(from);
            case View.Stop ignored -> out.copy(from);
            case View.After ignored -> out.copy(from);
            case View.Permute permute ->
                each(out, from, (index, source) -> {
                    for (int d = 0; d < index.length; d++) {
                        source[permute.axes().get(d)] = index[d];
                    }
                });
            case View.Expand ignored ->
                each(out, from, (index, source) -> {
                    for (int d = 0; d < index.length; d++) {
                        source[d] = from.shape().dim(d) == 1 ? 0 : index[d];
                    }
                });
            case View.Slice slice ->
                each(out, from, (index, source) -> {
                    for (int d = 0; d < index.length; d++) {
                        source[d] = slice.starts().get(d) + slice.steps().get(d) * index[d];
                    }
                });
            case View.Pad pad -> pad(pad, from, out);
            case View.Concat concat -> concat(concat.axis(), in, out);
        }
    }

    @FunctionalInterface
    private interface IndexMap {
        void apply(int[] index, int[] source);
    }

    private static void each(Values out, Values from, IndexMap map) {
        int[] source = new int[from.shape().rank()];
        for (int i = 0; i < out.size(); i++) {
            map.apply(index(out.shape(), i), source);
            out.move(i, from, position(from.shape(), source));
        }
    }

    private static void pad(View.Pad pad, Values from, Values out) {
        out.fill(i -> pad.value(), i -> (long) pad.value());
        for (int i = 0; i < from.size(); i++) {
            int[] index = index(from.shape(), i);
            for (int d = 0; d < index.length; d++) {
                index[d] = pad.before().get(d) + index[d] * (pad.interior().get(d) + 1);
            }
            out.move(position(out.shape(), index), from, i);
        }
    }

    private static void concat(int axis, Values[] in, Values out) {
        int start = 0;
        for (Values part : in) {
            for (int i = 0; i < part.size(); i++) {
                int[] index = index(part.shape(), i);
                index[axis] += start;
                out.move(position(out.shape(), index), part, i);
            }
            start += part.shape().dim(axis);
        }
    }

    /** The index of an element from its row-major position. */
    static int[] index(Shape shape, long position) {
        int[] index = new int[shape.rank()];
        long rest = position;
        for (int d = index.length - 1; d >= 0; d--) {
            index[d] = (int) (rest % shape.dim(d));
            rest /= shape.dim(d);
        }
        return index;
    }

    /** The row-major position of an element. */
    static long position(Shape shape, int[] index) {
        long position = 0;
        for (int d = 0; d < index.length; d++) {
            position = position * shape.dim(d) + index[d];
        }
        return position;
    }

    /** The index of the element of a reduced shape to which an index contributes. */
    static long reducedPosition(Shape reduced, int[] index, List<Integer> axes) {
        int[] kept = index.clone();
        axes.forEach(axis -> kept[axis] = 0);
        return position(reduced, kept);
    }
}
