package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** What a model needs to know of a data set before it computes with it. */
final class Examples {
    /** Examples whose predictions are looked at; later only the shape of one is. */
    private static final int LOOKED_AT = 8;

    private Examples() {}

    /** The fields that go into the model: by name, or for one input {@code features}, or the first of two. */
    static int[] inputs(Model model, Dataset data) {
        List<String> names = model.inputNames();
        return names.stream()
                .mapToInt(name -> {
                    if (names.size() > 1 && !has(data, name)) {
                        throw new DataException(
                                model.path() + ": expected a field '" + name + "' for the input '" + name + "', got "
                                        + data.fields() + "; give fields of data sets and inputs the same names");
                    }
                    return field(data, name, names.size() == 1, Dataset.FEATURES, 0);
                })
                .toArray();
    }

    /** The fields that the model shall predict: by name, or for one objective {@code labels}, or the second of two. */
    static int[] targets(Model model, Dataset data) {
        List<Objective> objectives = model.objectives();
        int[] fields = new int[objectives.size()];
        for (int i = 0; i < fields.length; i++) {
            Objective objective = objectives.get(i);
            try {
                fields[i] = field(data, objective.target(), fields.length == 1, Dataset.LABELS, 1);
            } catch (DataException e) {
                throw new DataException(
                        model.path() + ": expected a field '" + objective.target()
                                + "' as target of the output '" + objective.output() + "', got " + data.fields()
                                + "; name the output as the field is with named(...), or compile with"
                                + " Objective.of(output, loss).target(field)",
                        e);
            }
        }
        return fields;
    }

    /** The field that says how much examples count: none or one, and only with features and labels by their names. */
    static int[] weights(Dataset data) {
        return has(data, Dataset.WEIGHTS) ? new int[] {data.field(Dataset.WEIGHTS)} : new int[0];
    }

    private static int field(Dataset data, String name, boolean only, String usual, int position) {
        if (!only || has(data, name)) {
            return data.field(name);
        }
        return has(data, usual) || data.fields().size() != 2 ? data.field(usual) : position;
    }

    private static boolean has(Dataset data, String name) {
        return data.fields().stream().anyMatch(field -> field.name().equals(name));
    }

    /** What batches of a size of these fields are. */
    static List<Predictor.Type> types(Dataset data, int[] fields, int size) {
        return Arrays.stream(fields)
                .mapToObj(data.fields()::get)
                .map(field -> new Predictor.Type(field.dtype(), field.shape().insert(0, size)))
                .toList();
    }

    static void requireSome(Dataset data, String use) {
        if (data.size() == 0) {
            throw new DataException(use + ": expected examples, got an empty data set; check how it was read or split");
        }
    }

    /**
     * Refuses labels that the loss cannot take and predictions that do not suit it, before the first step.
     *
     * @param use what the data are for, in messages
     */
    static void check(Model model, Dataset data, String use) {
        requireSome(data, use);
        data.requireFinite();
        boolean suited = model.suited().get();
        int count = (int) Math.min(data.size(), suited ? 1 : LOOKED_AT);
        List<Tensor> predictions = model.predictAll(Arrays.stream(inputs(model, data))
                .mapToObj(field -> rows(data, field, count))
                .toList());
        int[] targets = targets(model, data);
        for (int i = 0; i < targets.length; i++) {
            Objective objective = model.objectives().get(i);
            Tensor prediction = predictions.get(model.outputNames().indexOf(objective.output()));
            if (!suited) {
                requireSuitable(objective.loss(), prediction);
            }
            requireTargets(objective.loss(), data, targets[i], prediction.shape(), use, suited);
        }
        model.suited().set(true);
    }

    /** The first rows of a field as a tensor. */
    static Tensor rows(Dataset data, int field, int count) {
        Dataset.Field type = data.fields().get(field);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, type.bytes() * count), 64);
            data.copy(IntStream.range(0, count).toArray(), 0, count, field, bytes);
            return Tensor.of(
                    bytes.asSlice(0, type.bytes() * count),
                    type.dtype(),
                    type.shape().insert(0, count));
        }
    }

    /** Refuses labels of classes that do not exist, and other targets that are not from 0 to 1 where they are probabilities. */
    private static void requireTargets(
            Loss loss, Dataset data, int field, Shape prediction, String use, boolean suited) {
        Dataset.Field targets = data.fields().get(field);
        OptionalInt classes = loss.classes(prediction);
        boolean labels = classes.isPresent() && targets.dtype().isInteger();
        // Once: images as targets are many numbers.
        boolean shares = !suited
                && classes.isEmpty()
                && loss.targets() == Loss.Expected.PROBABILITIES
                && targets.shape().equals(prediction.range(Math.min(1, prediction.rank()), prediction.rank()));
        if (!labels && !shares) {
            return;
        }
        int count = (int) targets.shape().size();
        int last = labels ? classes.getAsInt() - 1 : 1;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(Math.max(8, targets.bytes()), 8);
            for (int i = 0; i < data.size(); i++) {
                data.copy(i, field, row, 0);
                for (int k = 0; k < count; k++) {
                    double value = BatchPlan.number(row, targets.dtype(), k);
                    if ((value < 0 || value > last) && !(labels && loss.isIgnored((long) value))) {
                        throw outside(loss, use, labels, last, value, i);
                    }
                }
            }
        }
    }

    private static DataException outside(Loss loss, String use, boolean labels, int last, double value, int row) {
        return new DataException(
                labels
                        ? use + ": expected labels from 0 to " + last + ", as the model has " + (last + 1)
                                + " outputs, got " + (long) value + " in row " + row
                                + "; correct the label, or give the last layer more units"
                        : use + ": expected targets from 0 to 1 for " + loss.name() + ", got " + value + " in row "
                                + row + "; scale them, or use a loss of other numbers, such as mse()");
    }

    /** Looks at the values: a softmax written in any way is found, and probabilities outside 0 to 1 are. */
    private static void requireSuitable(Loss loss, Tensor prediction) {
        if (prediction.size() == 0
                || prediction.rank() == 0
                || !prediction.dtype().isFloat()) {
            return;
        }
        Shape shape = prediction.shape();
        Tensor values = prediction.cast(DType.F64);
        boolean inRange = values.min().item() >= 0 && values.max().item() <= 1;
        switch (loss.expected()) {
            case ANYTHING -> {}
            case LOG_PROBABILITIES -> {
                if (values.max().item() > 1e-5) {
                    throw new DataException(loss.name() + ": expected logarithms of probabilities, at most 0, got "
                            + values.max().item() + " from the model; end the model in logSoftmax, or use"
                            + " sparseCategoricalCrossentropy() for scores");
                }
            }
            case PROBABILITIES -> {
                if (!inRange) {
                    throw new DataException(loss.name() + ": expected probabilities from 0 to 1, got "
                            + values.min().item() + " to " + values.max().item() + " from the model; end the model in "
                            + (loss.isBinary() ? "sigmoid" : "softmax") + ", or leave fromProbabilities() out");
                }
            }
            case SCORES -> {
                boolean sumToOne = !loss.isBinary()
                        && shape.dim(loss.classAxis()) > 1
                        && values.sum(loss.classAxis()).sub(1).abs().max().item() < 1e-4;
                if (inRange && sumToOne) {
                    throw new DataException(
                            loss.name() + ": expected scores (logits), got probabilities from the model; " + "write "
                                    + loss.name() + "().fromProbabilities(), or leave the softmax out of the model");
                }
            }
        }
    }
}
