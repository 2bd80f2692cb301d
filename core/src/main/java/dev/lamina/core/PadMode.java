package dev.lamina.core;

/** What padding is filled with when it is no constant; the examples pad (a, b, c) by 2 on both sides. */
public enum PadMode {
    /** Mirrored without the edge: c b a b c b a. The padding is smaller than the axis. */
    REFLECT,
    /** The edge element: a a a b c c c. */
    REPLICATE,
    /** From the other end: b c a b c a b. The padding is not larger than the axis. */
    CIRCULAR
}
