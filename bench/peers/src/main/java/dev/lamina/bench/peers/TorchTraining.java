package dev.lamina.bench.peers;

import dev.lamina.bench.Peers;
import dev.lamina.bench.Peers.Training.Rule;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Training steps as one writes them with LibTorch: forward, backward, optimizer. The batches lie ready as views. */
final class TorchTraining {
    private final Peers.Training training;
    private final int layers;
    /** weight (out, in) and bias (out) of each layer */
    private final Tensor[] parameters;

    private final TensorOptional[] biases;
    private final Tensor[] x;
    private final Tensor[] y;
    private final Runnable step;
    private Tensor losses;

    TorchTraining(Peers.Training training) {
        this.training = training;
        layers = training.kernels().length;
        parameters = new Tensor[2 * layers];
        biases = new TensorOptional[layers];
        for (int i = 0; i < layers; i++) {
            int out = training.biases()[i].length;
            int in = training.kernels()[i].length / out;
            Tensor kernel = LibTorch.tensor(Address.of(training.kernels()[i]).segment(), in, out);
            parameters[2 * i] = kernel.t().contiguous().set_requires_grad(true);
            parameters[2 * i + 1] = LibTorch.tensor(
                            Address.of(training.biases()[i]).segment(), out)
                    .set_requires_grad(true);
            biases[i] = new TensorOptional(parameters[2 * i + 1]);
        }
        x = batches(training.features());
        y = batches(training.targets());
        if (training.rule() == Rule.CLASSES_ADAM) {
            Arrays.setAll(y, i -> y[i].squeeze(1).to(torch.ScalarType.Long));
        }
        step = optimizer();
        losses = torch.zeros(1);
    }

    private Tensor[] batches(float[] values) {
        int width = values.length / training.batches() / training.batch();
        Tensor all = LibTorch.tensor(Address.of(values).segment(), training.batches(), training.batch(), width);
        Tensor[] batches = new Tensor[training.batches()];
        Arrays.setAll(batches, i -> all.select(0, i));
        return batches;
    }

    private Runnable optimizer() {
        if (training.rule() == Rule.CLASSES_ADAM) {
            return new FusedAdam(parameters, training.rate())::step;
        }
        SGDOptions options = new SGDOptions(training.rate());
        options.momentum().put(0.9);
        SGD sgd = new SGD(new TensorVector(parameters), options);
        return sgd::step;
    }

    /** One pass over all batches. */
    void pass() {
        Tensor sum = torch.zeros(1);
        for (int i = 0; i < x.length; i++) {
            try (PointerScope _ = new PointerScope()) {
                for (Tensor parameter : parameters) {
                    parameter.mutable_grad().reset();
                }
                Tensor loss = loss(x[i], y[i]);
                loss.backward();
                step.run();
                sum.add_(loss.detach());
            }
        }
        losses = sum;
    }

    private Tensor loss(Tensor features, Tensor targets) {
        if (!training.bf16()) {
            return forward(features, targets);
        }
        torch.set_autocast_enabled(torch.DeviceType.CPU, true);
        torch.set_autocast_dtype(torch.DeviceType.CPU, torch.ScalarType.BFloat16);
        torch.increment_nesting();
        Tensor loss = forward(features, targets);
        // The copies in bf16 are of this step's parameters.
        torch.decrement_nesting();
        torch.clear_cache();
        torch.set_autocast_enabled(torch.DeviceType.CPU, false);
        return loss;
    }

    private Tensor forward(Tensor features, Tensor targets) {
        Tensor value = features;
        for (int i = 0; i < layers; i++) {
            value = torch.linear(value, parameters[2 * i], biases[i]);
            if (i < layers - 1) {
                value = torch.relu(value);
            }
        }
        return training.rule() == Rule.CLASSES_ADAM
                ? torch.cross_entropy_loss(value, targets)
                : torch.mse_loss(value, targets);
    }

    /** Mean loss of the last pass. */
    double loss() {
        return losses.item_double() / x.length;
    }
}
