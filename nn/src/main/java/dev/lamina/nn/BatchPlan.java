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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One step for batches of one size, traced once and replayed: loss and metrics, and when training also gradients, the
 * optimizer's update and running statistics, all in one plan. A replay allocates nothing.
 */
final class BatchPlan {
    private static final int SEED = 2;
    private static final int FIRST_SCALAR = 3;

    private final int size;
    private final int features;
    private final int labels;
    private final DType scalarType;
    private final List<Tensor> outputs;
    private final Execution execution;

    private BatchPlan(Trace trace, Map<Variable, Tensor> updates) {
        size = trace.size;
        features = trace.features;
        labels = trace.labels;
        scalarType = trace.scalarType;
        outputs = List.copyOf(trace.outputs);
        execution = Plan.compile(trace.inputs, trace.outputs, updates).start();
    }

    /** A step that changes the model. */
    static BatchPlan training(Model model, Dataset data, int size) {
        Trace trace = new Trace(data, size);
        Optimizer optimizer = model.optimizer();
        List<Variable> parameters = model.parameters();
        if (parameters.isEmpty()) {
            throw new LaminaException(model.path()
                    + ": expected parameters to train, got none; add a layer that has some, or unfreeze one");
        }
        Tensor seed = trace.input(DType.I64, Shape.of());
        trace.scalarType = Optimizer.scalarType(parameters);
        List<Tensor> scalars = new ArrayList<>();
        for (int i = 0; i < optimizer.nextScalars().length; i++) {
            scalars.add(trace.input(trace.scalarType, Shape.of()));
        }
        Context context = Context.training(() -> Random.of(seed));
        Tensor loss = context.run(() -> trace.measure(model));
        Gradients gradients = Gradients.of(loss, parameters);
        Map<Variable, Tensor> updates = new LinkedHashMap<>(optimizer.updates(gradients.asMap(), scalars));
        updates.putAll(context.takeUpdates());
        return new BatchPlan(trace, updates);
    }

    /** A step that only measures. */
    static BatchPlan evaluation(Model model, Dataset data, int size) {
        Trace trace = new Trace(data, size);
        Context.INFERENCE.run(() -> trace.measure(model));
        return new BatchPlan(trace, Map.of());
    }

    /** What is collected while the graph is built. */
    private static final class Trace {
        private final int size;
        private final int features;
        private final int labels;
        private final List<Tensor> inputs = new ArrayList<>();
        private final List<Tensor> outputs = new ArrayList<>();
        private DType scalarType = DType.F32;

        Trace(Dataset data, int size) {
            this.size = size;
            features = Examples.features(data);
            labels = Examples.labels(data);
            for (int field : new int[] {features, labels}) {
                Dataset.Field type = data.fields().get(field);
                input(type.dtype(), type.shape().insert(0, size));
            }
        }

        Tensor input(DType dtype, Shape shape) {
            Tensor input = Tensor.input(dtype, shape);
            inputs.add(input);
            return input;
        }

        Tensor measure(Model model) {
            Tensor prediction = model.apply(inputs.get(0));
            Tensor target = inputs.get(1);
            Tensor plain = model.loss().of(prediction, target);
            if (plain.size() != 1) {
                throw new LaminaException(model.loss().name() + ": expected one value to train on, got " + plain.shape()
                        + "; use the reduction MEAN or SUM");
            }
            Tensor loss = model.penalty()
                    .map(penalty -> plain.add(penalty.cast(plain.dtype())))
                    .orElse(plain);
            outputs.add(loss);
            for (Metric metric : model.metrics()) {
                outputs.add(metric.sums(prediction, target));
            }
            return loss;
        }
    }

    int size() {
        return size;
    }

    /** How long the vector of sums of each metric is. */
    int[] lengths() {
        return outputs.stream().skip(1).mapToInt(output -> (int) output.size()).toArray();
    }

    /** Runs the step on the rows {@code order[from ...]}. */
    void run(Dataset data, int[] order, int from) {
        data.copy(order, from, size, features, execution.input(0));
        data.copy(order, from, size, labels, execution.input(1));
        execution.run();
    }

    /** The same for training. */
    void run(Dataset data, int[] order, int from, long seed, double[] scalars) {
        execution.input(SEED).set(ValueLayout.JAVA_LONG, 0, seed);
        for (int i = 0; i < scalars.length; i++) {
            MemorySegment input = execution.input(FIRST_SCALAR + i);
            if (scalarType == DType.F64) {
                input.set(ValueLayout.JAVA_DOUBLE, 0, scalars[i]);
            } else {
                input.set(ValueLayout.JAVA_FLOAT, 0, (float) scalars[i]);
            }
        }
        run(data, order, from);
    }

    /** Loss of the last run. */
    double loss() {
        return number(0, 0);
    }

    /** Adds what the last run measured. */
    void addTo(Totals totals) {
        totals.addLoss(loss(), size);
        for (int output = 1; output < outputs.size(); output++) {
            double[] sums = totals.sums(output - 1);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += number(output, i);
            }
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
