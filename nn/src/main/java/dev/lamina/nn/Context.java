package dev.lamina.nn;

import dev.lamina.core.Random;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
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
    private static final Masks NO_MASKS = new Masks();
    private static final Call OUTSIDE = new Call(INFERENCE, null, NO_MASKS, Map.of());

    private final boolean training;
    private final Supplier<Random> randomOfPass;
    private final Map<Variable, Tensor> updates = new LinkedHashMap<>();
    private final Map<Layer, Long> draws = new HashMap<>();
    private final Map<Layer, List<Tensor>> penalties = new HashMap<>();
    private @Nullable Random random;

    /**
     * A layer that is running, and its context.
     *
     * @param masks one for all layers within an outermost call
     * @param substitutes what variables are in this call instead of their values
     */
    record Call(Context context, @Nullable Layer layer, Masks masks, Map<Variable, Tensor> substitutes) {
        /** This call with room for masks, if no layer above has made it. */
        Call outermost() {
            return masks == NO_MASKS ? new Call(context, layer, new Masks(), substitutes) : this;
        }

        /** Runs the body as the forward computation of a layer. */
        <R> R run(Layer next, Supplier<R> body) {
            if (layer == null) {
                context.beginPass(next);
            }
            return new Call(context, next, masks, substitutes).bound(body);
        }

        <R> R substituting(Map<Variable, Tensor> values, Supplier<R> body) {
            Map<Variable, Tensor> all = new HashMap<>(substitutes);
            all.putAll(values);
            return new Call(context, layer, masks, all).bound(body);
        }

        Tensor value(Variable variable) {
            Tensor substitute = substitutes.get(variable);
            return substitute == null ? context.value(variable) : substitute;
        }

        private <R> R bound(Supplier<R> body) {
            return ScopedValue.where(CALL, this).call(body::get);
        }
    }

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
        return new Call(this, null, NO_MASKS, Map.of()).bound(body);
    }

    /** Runs the body with this context and no layer, and keeps the masks of what it computes. */
    <R> R run(Masks masks, Supplier<R> body) {
        return new Call(this, null, masks, Map.of()).bound(body);
    }

    private void beginPass(Layer layer) {
        if (training) {
            random = null;
            draws.clear();
            penalties.keySet().removeIf(other -> other.root().equals(layer.root()));
        }
    }

    void addPenalty(Layer layer, Tensor penalty) {
        if (training) {
            penalties.computeIfAbsent(layer, key -> new ArrayList<>()).add(penalty);
        }
    }

    List<Tensor> penalties(Layer layer) {
        return penalties.getOrDefault(layer, List.of());
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
