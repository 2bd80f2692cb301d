package dev.lamina.nn.layers;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Config;
import dev.lamina.nn.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A recurrent layer from the first step to the last and another from the last to the first (Schuster and Paliwal, 1997), their outputs side
 * by side: (N, T, 2 units), or, if the layers give the last output only, (N, 2 units). With last states of the layers,
 * those of the forward one and then those of the backward one follow.
 *
 * <p>Inputs: x (N, T, in) and, if wanted, first states of the forward and then of the backward layer.
 */
public final class Bidirectional extends Layer {
    private final Recurrent<?> forward;
    private final Recurrent<?> backward;

    /**
     * A layer of two.
     *
     * @param forward goes from the first step to the last; its options say what comes out
     * @param backward another layer, which goes the other way
     */
    public Bidirectional(Recurrent<?> forward, Recurrent<?> backward) {
        this.forward = child("forward", forward);
        this.backward = child("backward", backward);
        backward.mirror();
    }

    /** The layer that goes from the first step to the last. */
    public Recurrent<?> forward() {
        return forward;
    }

    /** The layer that goes from the last step to the first. */
    public Recurrent<?> backward() {
        return backward;
    }

    @Override
    protected List<Tensor> forward(List<Tensor> inputs) {
        int states = (inputs.size() - 1) / 2;
        List<Tensor> ahead = new ArrayList<>(inputs.subList(0, 1 + states));
        List<Tensor> back = new ArrayList<>(inputs.subList(0, 1));
        back.addAll(inputs.subList(1 + states, inputs.size()));
        List<Tensor> there = forward.applyAll(ahead);
        List<Tensor> again = backward.applyAll(back);
        List<Tensor> outputs = new ArrayList<>();
        outputs.add(Tensor.concat(-1, there.getFirst(), again.getFirst()));
        outputs.addAll(there.subList(1, there.size()));
        outputs.addAll(again.subList(1, again.size()));
        return outputs;
    }

    @Override
    protected void build(Shape input) {}

    @Override
    public Optional<Config> config() {
        return forward.config()
                .flatMap(first -> backward.config()
                        .map(second -> Config.of("bidirectional")
                                .with("forward", first)
                                .with("backward", second)));
    }

    /** Made again from its description. */
    public static Bidirectional of(Config config) {
        return new Bidirectional((Recurrent<?>) config.layer("forward"), (Recurrent<?>) config.layer("backward"));
    }
}
