package dev.lamina.nn;

import dev.lamina.core.Random;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a call of {@link Layer#apply} knows beside its input: training or not, where random numbers come from, and which state
 * variables change. It is bound to the running thread, so that one model predicts in many threads while another trains.
 */
final class Context {
    /** Dropout keeps everything, normalisation uses its running statistics. */
    static final Context INFERENCE = new Context(false, () -> {
        throw new IllegalStateException("random numbers are for training only; guard random() with training()");
    });

    private static final ScopedValue<Call> CALL = ScopedValue.newInstance();
    private static final Call OUTSIDE = new Call(INFERENCE, null);

    private final boolean training;
    private final Supplier<Random> randomOfPass;
    private final Map<Variable, Tensor> updates = new LinkedHashMap<>();
    private final Map<Layer, Long> draws = new HashMap<>();
    private @Nullable Random random;

    /** A layer that is running, and its context. */
    record Call(Context context, @Nullable Layer layer) {}

    private Context(boolean training, Supplier<Random> randomOfPass) {
        this.training = training;
        this.randomOfPass = randomOfPass;
    }

    /** A context in which layers behave as in training; each outermost call of a layer asks for new random numbers. */
    static Context training(Supplier<Random> randomOfPass) {
        return new Context(true, randomOfPass);
    }

    static Call call() {
        return CALL.isBound() ? CALL.get() : OUTSIDE;
    }

    static Context current() {
        return call().context;
    }

    /** Runs the body with this context and no layer. */
    <R> R run(Supplier<R> body) {
        return ScopedValue.where(CALL, new Call(this, null)).call(body::get);
    }

    /** Runs the body as the forward computation of a layer. */
    Tensor run(Layer layer, Supplier<Tensor> body) {
        if (training && call().layer == null) {
            random = null;
            draws.clear();
        }
        return ScopedValue.where(CALL, new Call(this, layer)).call(body::get);
    }

    boolean isTraining() {
        return training;
    }

    /** Numbers for one draw of a layer: different for each pass, layer and draw. */
    Random random(Layer layer) {
        if (random == null) {
            random = randomOfPass.get();
        }
        long draw = draws.merge(layer, 1L, Long::sum);
        return random.split(Seeds.mix(Seeds.of(layer.path()), draw));
    }

    void update(Variable state, Tensor value) {
        if (training) {
            updates.put(state, value);
        }
    }

    /** What a state variable is after the updates of this context. */
    Tensor value(Variable state) {
        Tensor pending = updates.get(state);
        return pending == null ? state.value() : pending;
    }

    /** The updates that nobody has stored yet; the caller stores them. */
    Map<Variable, Tensor> takeUpdates() {
        if (updates.isEmpty()) {
            return Map.of();
        }
        Map<Variable, Tensor> taken = new LinkedHashMap<>(updates);
        updates.clear();
        return taken;
    }
}
