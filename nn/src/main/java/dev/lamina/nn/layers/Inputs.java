package dev.lamina.nn.layers;

import dev.lamina.core.DTypeException;
import dev.lamina.core.Tensor;

/** What layers ask of their inputs, and do with masks of them. */
final class Inputs {
    private Inputs() {}

    /** Refuses integers: a function of numbers would round its results, and indices are no numbers. */
    static Tensor requireFloats(String layer, Tensor x) {
        if (!x.dtype().isFloat()) {
            throw new DTypeException(layer + ": expected floats, got " + x.dtype() + " " + x.shape()
                    + "; cast them with toF32(), or put embedding(...) in front where they are indices");
        }
        return x;
    }

    /** A mask (N, T) with axes of 1 behind, up to the rank of x. */
    static Tensor wide(Tensor mask, Tensor x) {
        Tensor wide = mask;
        while (wide.rank() < x.rank()) {
            wide = wide.unsqueeze(-1);
        }
        return wide;
    }

    /** x with 0 where the mask is false: steps that do not count are like padding. */
    static Tensor zeroed(Tensor x, Tensor mask) {
        return wide(mask, x).where(x, x.zerosLike());
    }
}
