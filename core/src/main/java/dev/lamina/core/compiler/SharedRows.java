package dev.lamina.core.compiler;

import dev.lamina.core.Shape;
import dev.lamina.core.op.View;

/** Slices whose elements lie next to each other in the memory of what they are a slice of. */
final class SharedRows {
    private SharedRows() {}

    /**
     * The position of the first element of a slice in the memory of the whole.
     *
     * @param from shape of the whole
     * @param shape shape of the slice
     * @return the position, or -1 if the slice is empty or has gaps
     */
    static long start(Shape from, View.Slice slice, Shape shape) {
        long position = 0;
        boolean cut = false;
        long stride = 1;
        for (int axis = from.rank() - 1; axis >= 0; axis--) {
            int extent = shape.dim(axis);
            // To the left of an axis of which only a part is taken, a second row would come behind a gap.
            if (extent == 0 || (extent > 1 && (cut || slice.steps().get(axis) != 1))) {
                return -1;
            }
            cut |= extent < from.dim(axis);
            position += slice.starts().get(axis) * stride;
            stride *= from.dim(axis);
        }
        return position;
    }
}
