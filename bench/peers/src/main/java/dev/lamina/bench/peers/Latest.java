package dev.lamina.bench.peers;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The results of the last run; those of the run before go back to LibTorch at once. */
final class Latest {
    private @Nullable PointerScope scope;
    private Tensor[] tensors = {};

    void keep(Supplier<Tensor[]> run) {
        if (scope != null) {
            scope.close();
        }
        scope = new PointerScope();
        tensors = run.get();
    }

    /** All values of tensors made of the results, one after the other. */
    float[] values(UnaryOperator<Tensor> made) {
        return values(Collections.nCopies(tensors.length, made));
    }

    /** All values, one tensor after the other. */
    float[] values() {
        return values(List.of());
    }

    /** The same with each tensor's axes in another order first. */
    float[] values(List<UnaryOperator<Tensor>> orders) {
        int length = 0;
        for (Tensor tensor : tensors) {
            length += (int) tensor.numel();
        }
        float[] values = new float[length];
        int at = 0;
        for (int i = 0; i < tensors.length; i++) {
            Tensor ordered = orders.isEmpty() ? tensors[i] : orders.get(i).apply(tensors[i]);
            Tensor tensor = ordered.to(torch.ScalarType.Float).contiguous();
            int count = (int) tensor.numel();
            MemorySegment.copy(floats(tensor), ValueLayout.JAVA_FLOAT, 0, values, at, count);
            at += count;
        }
        return values;
    }

    @SuppressWarnings("restricted")
    private static MemorySegment floats(Tensor tensor) {
        return MemorySegment.ofAddress(tensor.data_ptr_float().address()).reinterpret(4 * tensor.numel());
    }
}
