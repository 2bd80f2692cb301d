package dev.lamina.cpu.loop;

/**
 * An axis of a kernel's index space.
 *
 * @param extent number of indices
 * @param reduced whether folds run over it
 * @param source the axis of the task whose strides hold here (the last of those that were joined)
 */
record Axis(int extent, boolean reduced, int source) {
    /** This axis and one inside it, as one. */
    Axis joined(Axis inner) {
        return new Axis(extent * inner.extent, reduced, inner.source);
    }
}
