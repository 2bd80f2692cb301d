package dev.lamina.bench;

import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import dev.lamina.nn.FitOptions;
import dev.lamina.nn.Model;
import java.util.List;
import java.util.Optional;

/** What the rows that train have in common. */
final class Networks {
    private Networks() {}

    /** Numbers for a peer. */
    static Peers.Values values(Tensor tensor) {
        return new Peers.Values(tensor.shape().dims(), tensor.toFloatArray());
    }

    /** Work for a peer that begins with the parameters of a model. */
    static Peers.Training training(
            Model model,
            float[] features,
            float[] targets,
            int batch,
            Peers.Training.Rule rule,
            double rate,
            boolean bf16) {
        List<Variable> parameters = model.parameters();
        int layers = parameters.size() / 2;
        float[][] kernels = new float[layers][];
        float[][] biases = new float[layers][];
        for (int i = 0; i < layers; i++) {
            kernels[i] = parameters.get(2 * i).value().toFloatArray();
            biases[i] = parameters.get(2 * i + 1).value().toFloatArray();
        }
        return new Peers.Training(kernels, biases, features, targets, batch, rule, rate, bf16);
    }

    /** An epoch in the order of the data has the same mean loss as the peer's first pass: both do the same work. */
    static void same(Model fresh, Dataset data, int batch, Optional<Peers.Rival> rival, double tolerance) {
        double loss = fresh.fit(data, FitOptions.epochs(1).batchSize(batch).shuffle(false))
                .epochs()
                .getFirst()
                .value("loss");
        rival.ifPresent(other -> {
            other.run().run();
            Check.close(
                    "loss of the first epoch, against " + other.name(),
                    other.result().get()[0],
                    loss,
                    tolerance);
        });
    }
}
