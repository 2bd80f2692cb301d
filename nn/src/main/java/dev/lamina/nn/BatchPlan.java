package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Plan;
import dev.lamina.core.Random;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.data.Dataset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One step for batches of one size, traced once and replayed: loss and metrics, and when training also gradients, the
 * optimizer's update and running statistics, all in one plan. A replay allocates nothing.
 */
final class BatchPlan {
    private final int size;
    /** The data set's fields in the order of the plan's inputs; then seed, share and scalars follow. */
    private final int[] fields;

    private final DType scalarType;
    private final List<Tensor> outputs;
    private final double[] rates;
    private final Execution execution;

    private BatchPlan(Trace trace, Map<Variable, Tensor> updates) {
        size = trace.size;
        fields = trace.fields;
        scalarType = trace.scalarType;
        rates = trace.rates;
        outputs = List.copyOf(trace.outputs);
        execution = Plan.compile(trace.inputs, trace.outputs, updates).start();
    }

    /** A step that changes the model. */
    static BatchPlan training(Model model, Dataset data, int size) {
        return training(model, data, size, Accumulator.NONE, true);
    }

    /**
     * A step that changes the model, or keeps its gradients for a later one.
     *
     * @param accumulator where gradients add up
     * @param last changes the model by the gradients kept and its own
     */
    static BatchPlan training(Model model, Dataset data, int size, Accumulator accumulator, boolean last) {
        Trace trace = new Trace(model, data, size);
        Optimizer optimizer = model.optimizer();
        List<Variable> parameters = model.parameters();
        if (parameters.isEmpty()) {
            throw new LaminaException(model.path()
                    + ": expected parameters to train, got none; add a layer that has some, or unfreeze one");
        }
        Tensor seed = trace.input(DType.I64, Shape.of());
        trace.scalarType = Optimizer.scalarType(parameters);
        trace.rates = optimizer.rates(parameters);
        Tensor share = trace.input(trace.scalarType, Shape.of());
        List<Tensor> scalars = new ArrayList<>();
        for (int i = 0; i < optimizer.nextScalars(trace.rates).length; i++) {
            scalars.add(trace.input(trace.scalarType, Shape.of()));
        }
        Context context = Context.training(() -> Random.of(seed));
        Tensor loss = context.run(() -> trace.measure(model));
        Map<Variable, Tensor> gradients =
                accumulator.add(Gradients.of(loss, parameters).asMap(), share);
        Map<Variable, Tensor> updates =
                new LinkedHashMap<>(last ? optimizer.updates(gradients, scalars) : accumulator.kept(gradients));
        updates.putAll(last ? accumulator.emptied() : Map.of());
        updates.putAll(context.takeUpdates());
        return new BatchPlan(trace, updates);
    }

    /** A step that only measures. */
    static BatchPlan evaluation(Model model, Dataset data, int size) {
        Trace trace = new Trace(model, data, size);
        Context.INFERENCE.run(() -> trace.measure(model));
        return new BatchPlan(trace, Map.of());
    }

    /** What is collected while the graph is built. */
    private static final class Trace {
        private final int size;
        private final int[] fields;
        private final int modelInputs;
        private final List<Tensor> inputs = new ArrayList<>();
        private final List<Tensor> outputs = new ArrayList<>();
        private DType scalarType = DType.F32;
        private double[] rates = {};

        Trace(Model model, Dataset data, int size) {
            this.size = size;
            int[] features = Examples.inputs(model, data);
            modelInputs = features.length;
            fields = Stream.of(features, Examples.targets(model, data), Examples.weights(data))
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            Examples.types(data, fields, size).forEach(type -> input(type.dtype(), type.shape()));
        }

        Tensor input(DType dtype, Shape shape) {
            Tensor input = Tensor.input(dtype, shape);
            inputs.add(input);
            return input;
        }

        Tensor measure(Model model) {
            Masks masks = new Masks();
            List<Tensor> all = Context.current().run(masks, () -> model.applyAll(inputs.subList(0, modelInputs)));
            List<Objective> objectives = model.objectives();
            List<Tensor> predictions = objectives.stream()
                    .map(objective -> all.get(model.outputNames().indexOf(objective.output())))
                    .toList();
            List<Tensor> losses = new ArrayList<>();
            for (int i = 0; i < objectives.size(); i++) {
                losses.add(loss(objectives.get(i), predictions.get(i), target(i), masks, weights(model)));
            }
            Tensor plain = losses.stream().reduce(Tensor::add).orElseThrow();
            Tensor loss = model.penalty()
                    .map(penalty -> plain.add(penalty.cast(plain.dtype())))
                    .orElse(plain);
            outputs.add(loss);
            for (Measure measure : model.measures()) {
                int i = measure.objective();
                outputs.add(measure.metric().sums(predictions.get(i), target(i)));
            }
            return loss;
        }

        private Tensor target(int objective) {
            return inputs.get(modelInputs + objective);
        }

        /** How much each example counts, if the data say so. */
        private Optional<Tensor> weights(Model model) {
            int index = modelInputs + model.objectives().size();
            return index < fields.length ? Optional.of(inputs.get(index)) : Optional.empty();
        }

        private static Tensor loss(
                Objective objective, Tensor prediction, Tensor target, Masks masks, Optional<Tensor> weights) {
            Loss loss = objective.loss();
            Optional<Tensor> mask = masks.of(prediction).flatMap(steps -> mask(loss, prediction, target, steps));
            Optional<Tensor> factors = mask.isPresent() && weights.isPresent()
                    ? Optional.of(mask.get().mul(alike(weights.get(), mask.get())))
                    : mask.or(() -> weights);
            Tensor value =
                    factors.map(each -> loss.of(prediction, target, each)).orElseGet(() -> loss.of(prediction, target));
            if (value.size() != 1) {
                throw new LaminaException(loss.name() + ": expected one value to train on, got " + value.shape()
                        + "; use the reduction MEAN or SUM");
            }
            return objective.weight() == 1 ? value : value.mul(objective.weight());
        }

        private static Tensor alike(Tensor weights, Tensor other) {
            Tensor wide = weights.cast(other.dtype());
            while (wide.rank() < other.rank()) {
                wide = wide.unsqueeze(-1);
            }
            return wide;
        }

        /** Where there is a loss for each step, or several, masked steps do not count. */
        private static Optional<Tensor> mask(Loss loss, Tensor prediction, Tensor target, Tensor steps) {
            Tensor each = loss.each(prediction, target);
            if (each.rank() < steps.rank()
                    || !each.shape().range(0, steps.rank()).equals(steps.shape())) {
                return Optional.empty();
            }
            Tensor weights = alike(steps, each).expand(each.shape().dims());
            return Optional.of(
                    loss.reduction() == Loss.Reduction.MEAN
                            ? weights.div(weights.mean().clampMin(1e-9))
                            : weights);
        }
    }

    int size() {
        return size;
    }

    /** Runs the step on the rows {@code order[from ...]}. */
    void run(Dataset data, int[] order, int from) {
        for (int i = 0; i < fields.length; i++) {
            data.copy(order, from, size, fields[i], execution.input(i));
        }
        execution.run();
    }

    /** The same for training; the share is that of this batch in the gradient of the step. */
    void run(Dataset data, int[] order, int from, long seed, double share, Optimizer optimizer) {
        execution.input(fields.length).set(ValueLayout.JAVA_LONG, 0, seed);
        set(fields.length + 1, share);
        double[] scalars = optimizer.nextScalars(rates);
        for (int i = 0; i < scalars.length; i++) {
            set(fields.length + 2 + i, scalars[i]);
        }
        run(data, order, from);
    }

    private void set(int index, double value) {
        MemorySegment input = execution.input(index);
        if (scalarType == DType.F64) {
            input.set(ValueLayout.JAVA_DOUBLE, 0, value);
        } else {
            input.set(ValueLayout.JAVA_FLOAT, 0, (float) value);
        }
    }

    /** Loss of the last run. */
    double loss() {
        return number(0, 0);
    }

    /** Adds what the last run measured. */
    void addTo(Totals totals) {
        totals.addLoss(loss(), size);
        for (int output = 1; output < outputs.size(); output++) {
            int length = (int) outputs.get(output).size();
            double[] values = totals.buffer(length);
            for (int i = 0; i < length; i++) {
                values[i] = number(output, i);
            }
            totals.add(output - 1, length);
        }
    }

    private double number(int output, int index) {
        MemorySegment values = execution.output(output);
        return switch (outputs.get(output).dtype()) {
            case F32 -> values.getAtIndex(ValueLayout.JAVA_FLOAT, index);
            case F64 -> values.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
            case F16 -> Float.float16ToFloat(values.getAtIndex(ValueLayout.JAVA_SHORT, index));
            case BF16 -> DType.fromBf16(values.getAtIndex(ValueLayout.JAVA_SHORT, index));
            case I64 -> values.getAtIndex(ValueLayout.JAVA_LONG, index);
            case I32 -> values.getAtIndex(ValueLayout.JAVA_INT, index);
            case I8 -> values.get(ValueLayout.JAVA_BYTE, index);
            case U8 -> values.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case BOOL -> values.get(ValueLayout.JAVA_BYTE, index);
        };
    }
}
