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
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs a model without training it, in any number of threads: each borrows an execution of the plan for its input shape. */
final class Predictor {
    /** Plans for so many input shapes are kept. */
    private static final int SHAPES = 16;

    /** The least recently used first. */
    private final Map<Key, Ready> plans = new LinkedHashMap<>(SHAPES, 0.75f, true);

    private record Key(DType dtype, Shape shape) {}

    /** A plan and the executions of it that nobody uses now. */
    private record Ready(Plan plan, Deque<Execution> idle) {}

    Tensor predict(Model model, Tensor x) {
        MemorySegment values = x.segment();
        return run(
                model, x.dtype(), x.shape(), input -> input.copyFrom(values), execution -> execution.outputTensor(0));
    }

    /** Fills the input, runs, and reads the output. */
    <R> R run(Model model, DType dtype, Shape shape, Consumer<MemorySegment> fill, Function<Execution, R> read) {
        Ready ready = ready(model, new Key(dtype, shape));
        Execution idle;
        synchronized (ready.idle) {
            idle = ready.idle.poll();
        }
        Execution execution = idle != null ? idle : ready.plan.start();
        fill.accept(execution.input(0));
        long stamp = model.lock().readLock();
        try {
            execution.run();
        } finally {
            model.lock().unlockRead(stamp);
        }
        R result = read.apply(execution);
        synchronized (ready.idle) {
            ready.idle.push(execution);
        }
        return result;
    }

    private synchronized Ready ready(Model model, Key key) {
        Ready ready = plans.get(key);
        if (ready == null) {
            Tensor x = Tensor.input(key.dtype, key.shape);
            Tensor y = Context.INFERENCE.run(() -> model.apply(x));
            ready = new Ready(Plan.compile(List.of(x), List.of(y), Map.of()), new ArrayDeque<>());
            plans.put(key, ready);
            if (plans.size() > SHAPES) {
                plans.remove(plans.keySet().iterator().next());
            }
        }
        return ready;
    }
}
