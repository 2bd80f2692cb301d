package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;
import dev.lamina.core.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/** Which steps are real, for tensors by identity, within one outermost call of a layer. */
final class Masks {
    private final IdentityHashMap<Tensor, Tensor> masks = new IdentityHashMap<>();

    Optional<Tensor> of(Tensor x) {
        return Optional.ofNullable(masks.get(x));
    }

    /** Gives a tensor a mask, and refuses one that does not fit. */
    void put(Tensor x, Tensor mask) {
        if (mask.dtype() != DType.BOOL || !leads(mask, x)) {
            throw new ShapeException("mask: expected truth values in the leading axes of " + x.shape() + ", got "
                    + mask.dtype() + " " + mask.shape() + "; pass (N, T), for example ids.ne(0)");
        }
        masks.put(x, mask);
    }

    /** An output with as many axes as the input and the same examples and steps has the input's mask, if it has none yet. */
    void pass(Tensor x, List<Tensor> outputs) {
        Tensor mask = masks.get(x);
        for (Tensor y : outputs) {
            if (mask != null && y.rank() == x.rank() && leads(mask, y)) {
                masks.putIfAbsent(y, mask);
            }
        }
    }

    /** True when a tensor has the leading axes of another. */
    static boolean leads(Tensor some, Tensor all) {
        return some.rank() <= all.rank() && all.shape().range(0, some.rank()).equals(some.shape());
    }

    /** With axes of 1 behind, up to the rank of another. */
    static Tensor wide(Tensor some, Tensor all) {
        Tensor wide = some;
        while (wide.rank() < all.rank()) {
            wide = wide.unsqueeze(-1);
        }
        return wide;
    }
}
