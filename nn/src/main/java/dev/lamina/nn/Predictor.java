package dev.lamina.nn;

import dev.lamina.core.DType;
import dev.lamina.core.Execution;
import dev.lamina.core.Plan;
import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Runs a model without training it, in any number of threads: each borrows an execution of the plan for its input shape. */
final class Predictor {
    /** Plans for so many input shapes are kept. */
    private static final int SHAPES = 16;

    /** The least recently used first. */
    private final Map<List<Type>, Ready> plans = new LinkedHashMap<>(SHAPES, 0.75f, true);

    /** What an input is. */
    record Type(DType dtype, Shape shape) {}

    /** Fills the memory of an input. */
    interface Filler {
        void fill(int input, MemorySegment target);
    }

    /** A plan and the executions of it that nobody uses now. */
    private record Ready(Plan plan, int outputs, Deque<Execution> idle) {}

    static List<Type> types(DType dtype, Shape shape) {
        return List.of(new Type(dtype, shape));
    }

    /** Reads what a run computed. */
    interface Reader<R> {
        R read(Execution execution, int outputs);
    }

    /** All outputs of a run. */
    static List<Tensor> outputs(Execution execution, int outputs) {
        return IntStream.range(0, outputs).mapToObj(execution::outputTensor).toList();
    }

    List<Tensor> predict(Model model, List<Tensor> inputs) {
        List<Type> types =
                inputs.stream().map(x -> new Type(x.dtype(), x.shape())).toList();
        return run(model, types, (i, target) -> target.copyFrom(inputs.get(i).segment()), Predictor::outputs);
    }

    /** Fills the inputs, runs, and reads the outputs. */
    <R> R run(Model model, List<Type> types, Filler filler, Reader<R> reader) {
        Ready ready = ready(model, types);
        Execution idle;
        synchronized (ready.idle) {
            idle = ready.idle.poll();
        }
        Execution execution = idle != null ? idle : ready.plan.start();
        for (int i = 0; i < types.size(); i++) {
            filler.fill(i, execution.input(i));
        }
        long stamp = model.lock().readLock();
        try {
            execution.run();
        } finally {
            model.lock().unlockRead(stamp);
        }
        R result = reader.read(execution, ready.outputs);
        synchronized (ready.idle) {
            ready.idle.push(execution);
        }
        return result;
    }

    private synchronized Ready ready(Model model, List<Type> types) {
        Ready ready = plans.get(types);
        if (ready == null) {
            List<Tensor> xs = types.stream()
                    .map(type -> Tensor.input(type.dtype, type.shape))
                    .toList();
            List<Tensor> ys = Context.INFERENCE.run(() -> model.applyAll(xs));
            ready = new Ready(Plan.compile(xs, ys, Map.of()), ys.size(), new ArrayDeque<>());
            plans.put(types, ready);
            if (plans.size() > SHAPES) {
                plans.remove(plans.keySet().iterator().next());
            }
        }
        return ready;
    }
}
