package dev.lamina.bench.peers;

import dev.lamina.bench.Peers;
import dev.lamina.bench.Peers.Values;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Training of a recurrent network with LibTorch's own layer for it, called from TorchScript (networks.py). */
final class TorchRecurrence {
    private final Tensor[] parameters;
    private final Tensor[] words;
    private final Tensor[] classes;
    /** Owns the functions. */
    private final CompilationUnit unit;

    private final Function forward;
    private final IValue parameterList;
    private final FusedAdam adam;
    private float loss;

    TorchRecurrence(Peers.Recurrence recurrence) {
        parameters =
                recurrence.parameters().stream().map(TorchRecurrence::parameter).toArray(Tensor[]::new);
        int batch = recurrence.batch();
        int batches = recurrence.classes().length / batch;
        words = batches(recurrence.words(), batches, batch, recurrence.steps());
        classes = batches(recurrence.classes(), batches, batch);
        unit = torch.compile(TorchVision.script() + TorchLists.pack("parameters", parameters.length));
        forward = unit.get_function(new QualifiedName(
                switch (recurrence.cell()) {
                    case LSTM -> "lstm";
                    case GRU -> "gru";
                }));
        parameterList = TorchLists.call(unit, "parameters", List.of(parameters));
        adam = new FusedAdam(parameters, recurrence.rate());
    }

    /** Kernels of recurrent layers are (gates, in) there; networks.py turns that of the dense layer. */
    private static Tensor parameter(Values values) {
        long[] dims = Arrays.stream(values.shape()).asLongStream().toArray();
        Tensor ours = torch.from_blob(Address.of(values.numbers()), dims);
        boolean isKernel = dims.length == 2 && dims[1] > dims[0];
        return (isKernel ? ours.t().contiguous() : ours).set_requires_grad(true);
    }

    private static Tensor[] batches(int[] numbers, int batches, long... shape) {
        float[] values = new float[numbers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers[i];
        }
        Tensor all =
                torch.from_blob(Address.of(values), new long[] {values.length}).to(torch.ScalarType.Long);
        long size = values.length / batches;
        Tensor[] parts = new Tensor[batches];
        Arrays.setAll(parts, i -> all.narrow(0, i * size, size).view(shape));
        return parts;
    }

    /** One pass over all batches. */
    void pass() {
        Tensor sum = torch.zeros(1);
        for (int i = 0; i < words.length; i++) {
            try (PointerScope _ = new PointerScope()) {
                for (Tensor parameter : parameters) {
                    parameter.mutable_grad().reset();
                }
                Tensor logits = forward.apply(new IValueVector(parameterList, new IValue(words[i])))
                        .toTensor();
                Tensor value = torch.cross_entropy_loss(logits, classes[i]);
                value.backward();
                adam.step();
                sum.add_(value.detach());
            }
        }
        loss = (float) (sum.item_double() / words.length);
    }

    /** Mean loss of the last pass. */
    float loss() {
        return loss;
    }
}
