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
import java.util.Set;
import java.util.stream.IntStream;
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
    private final int shares;
    private final int terms;
    private final Execution execution;

    private BatchPlan(Trace trace, Map<Variable, Tensor> updates) {
        size = trace.size;
        fields = trace.fields;
        scalarType = trace.scalarType;
        rates = trace.rates;
        shares = trace.shares.size();
        terms = trace.terms;
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
        for (int i = 0; accumulator.isUsed() && i <= model.objectives().size(); i++) {
            trace.shares.add(trace.input(trace.scalarType, Shape.of()));
        }
        List<Tensor> scalars = new ArrayList<>();
        for (int i = 0; i < optimizer.nextScalars(trace.rates).length; i++) {
            scalars.add(trace.input(trace.scalarType, Shape.of()));
        }
        Context context = Context.training(() -> Random.of(seed));
        Tensor loss = context.run(() -> trace.measure(model));
        Map<Variable, Tensor> gradients =
                accumulator.add(Gradients.of(loss, parameters).asMap());
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

    /** A step that only tells by what the mean of each objective's loss divides, for the shares of batches in a step. */
    static BatchPlan divisors(Model model, Dataset data, int size) {
        Trace trace = new Trace(model, data, size);
        List<Measure.Scored> scored = Context.INFERENCE.run(() -> trace.scored(model));
        scored.forEach(one -> trace.outputs.add(one.part().divisor().orElseGet(() -> Tensor.scalar((double) size))));
        return new BatchPlan(trace, Map.of());
    }

    /** A pass in training that changes these variables only. */
    static BatchPlan statistics(Model model, Dataset data, int size, Set<Variable> states) {
        Trace trace = new Trace(model, data, size);
        Tensor seed = trace.input(DType.I64, Shape.of());
        Context context = Context.training(() -> Random.of(seed));
        context.run(new Masks(), () -> model.applyAll(trace.inputs.subList(0, trace.modelInputs)));
        Map<Variable, Tensor> updates = new LinkedHashMap<>(context.takeUpdates());
        updates.keySet().retainAll(states);
        return new BatchPlan(trace, updates);
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
        /** In steps of several batches: the share of this one in each objective's loss and in the penalty. */
        private final List<Tensor> shares = new ArrayList<>();
        /** So many pairs of outputs behind the loss say of what it is the sum: means, and by what each divides. None: one mean over examples. */
        private int terms;

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

        /** What the model gives for each objective, and its loss. */
        List<Measure.Scored> scored(Model model) {
            Masks masks = new Masks();
            List<Tensor> all = Context.current().run(masks, () -> model.applyAll(inputs.subList(0, modelInputs)));
            List<Measure.Scored> scored = new ArrayList<>();
            for (Objective objective : model.objectives()) {
                Tensor prediction = all.get(model.outputNames().indexOf(objective.output()));
                Tensor target = inputs.get(modelInputs + scored.size());
                Loss loss = objective.loss();
                Optional<Tensor> mask =
                        masks.of(prediction).filter(steps -> Masks.leads(steps, loss.values(prediction, target)));
                Loss.Part part = loss.part(prediction, target, mask, weights(model));
                if (part.value().size() != 1) {
                    throw new LaminaException(loss.name() + ": expected one value to train on, got "
                            + part.value().shape() + "; use the reduction MEAN or SUM");
                }
                scored.add(new Measure.Scored(objective, prediction, target, mask, part));
            }
            return scored;
        }

        /** Measures, and gives what is to be made smaller: the loss, or its share in that of a step of several batches. */
        Tensor measure(Model model) {
            List<Measure.Scored> scored = scored(model);
            Optional<Tensor> penalty = model.penalty();
            Tensor loss = sum(scored, penalty, List.of());
            outputs.add(loss);
            if (scored.stream().anyMatch(one -> one.part().divisor().isPresent())) {
                scored.forEach(one -> term(weighted(one), one.part().divisor()));
                penalty.ifPresent(more -> term(more, Optional.empty()));
            }
            for (Measure measure : model.measures()) {
                outputs.add(measure.sums(scored.get(measure.objective()), weights(model)));
            }
            return shares.isEmpty() ? loss : sum(scored, penalty, shares);
        }

        private void term(Tensor mean, Optional<Tensor> divisor) {
            outputs.add(mean);
            outputs.add(divisor.orElseGet(() -> Tensor.scalar((double) size)));
            terms++;
        }

        private static Tensor weighted(Measure.Scored one) {
            double weight = one.objective().weight();
            return weight == 1 ? one.part().value() : one.part().value().mul(weight);
        }

        private static Tensor sum(List<Measure.Scored> scored, Optional<Tensor> penalty, List<Tensor> shares) {
            List<Tensor> terms = new ArrayList<>();
            for (Measure.Scored one : scored) {
                terms.add(shared(weighted(one), shares, terms.size()));
            }
            Tensor plain = terms.stream().reduce(Tensor::add).orElseThrow();
            return penalty.map(more -> plain.add(shared(more.cast(plain.dtype()), shares, scored.size())))
                    .orElse(plain);
        }

        private static Tensor shared(Tensor value, List<Tensor> shares, int index) {
            return shares.isEmpty() ? value : value.mul(shares.get(index).cast(value.dtype()));
        }

        /** How much each example counts, if the data say so. */
        private Optional<Tensor> weights(Model model) {
            int index = modelInputs + model.objectives().size();
            return index < fields.length ? Optional.of(inputs.get(index)) : Optional.empty();
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

    /** The same for a pass in training that takes no step. */
    void run(Dataset data, int[] order, int from, long seed) {
        execution.input(fields.length).set(ValueLayout.JAVA_LONG, 0, seed);
        run(data, order, from);
    }

    /** The same for training; the shares are those of this batch in a step of several. */
    void run(Dataset data, int[] order, int from, long seed, double[] share, Optimizer optimizer) {
        int next = fields.length + 1;
        for (int i = 0; i < shares; i++) {
            set(next++, share[i]);
        }
        for (double scalar : optimizer.nextScalars(rates)) {
            set(next++, scalar);
        }
        run(data, order, from, seed);
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

    /** The first number of each output. */
    double[] numbers() {
        return IntStream.range(0, outputs.size()).mapToDouble(i -> number(i, 0)).toArray();
    }

    /** Adds what the last run measured. */
    void addTo(Totals totals) {
        totals.examples(size);
        int first = 1 + 2 * terms;
        for (int i = 0; i < Math.max(terms, 1); i++) {
            totals.addLoss(i, number(terms == 0 ? 0 : 1 + 2 * i, 0), terms == 0 ? size : number(2 + 2 * i, 0));
        }
        for (int output = first; output < outputs.size(); output++) {
            int length = (int) outputs.get(output).size();
            double[] values = totals.buffer(length);
            for (int i = 0; i < length; i++) {
                values[i] = number(output, i);
            }
            totals.add(output - first, length);
        }
    }

    private double number(int output, int index) {
        return number(execution.output(output), outputs.get(output).dtype(), index);
    }

    /** An element of memory. */
    static double number(MemorySegment values, DType dtype, int index) {
        return switch (dtype) {
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
