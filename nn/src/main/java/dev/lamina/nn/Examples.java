package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.DataException;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import dev.lamina.data.Dataset;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
                .mapToInt(name -> field(data, name, names.size() == 1, Dataset.FEATURES, 0))
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
            OptionalInt classes = objective.loss().classes(prediction.shape());
            if (classes.isPresent() && data.fields().get(targets[i]).dtype().isInteger()) {
                requireClasses(objective.loss(), data, targets[i], classes.getAsInt(), use);
            }
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

    private static void requireClasses(Loss loss, Dataset data, int field, int classes, String use) {
        Dataset.Field labels = data.fields().get(field);
        int count = (int) labels.shape().size();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(Math.max(8, labels.bytes()), 8);
            for (int i = 0; i < data.size(); i++) {
                data.copy(i, field, row, 0);
                for (int k = 0; k < count; k++) {
                    long label = label(row, labels.dtype(), k);
                    if ((label < 0 || label >= classes) && !loss.isIgnored(label)) {
                        throw new DataException(use + ": expected labels from 0 to " + (classes - 1)
                                + ", as the model has " + classes + " outputs, got " + label + " in row " + i
                                + "; correct the label, or give the last layer more units");
                    }
                }
            }
        }
    }

    private static long label(MemorySegment row, DType dtype, int index) {
        return switch (dtype) {
            case I64 -> row.getAtIndex(ValueLayout.JAVA_LONG, index);
            case I32 -> row.getAtIndex(ValueLayout.JAVA_INT, index);
            case I8, BOOL -> row.get(ValueLayout.JAVA_BYTE, index);
            case U8 -> row.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case F32, F64, F16, BF16 -> throw new AssertionError(dtype);
        };
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
            case ANYTHING, LOG_PROBABILITIES -> {}
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
