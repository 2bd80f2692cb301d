package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lamina.core.Index;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.GradientClip;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.Optimizers;
import dev.lamina.nn.Schedule;
import dev.lamina.nn.Schedules;
import dev.lamina.nn.optimizers.Adagrad;
import dev.lamina.nn.optimizers.Adam;
import dev.lamina.nn.optimizers.Plateau;
import dev.lamina.nn.optimizers.RmsProp;
import dev.lamina.nn.optimizers.Sgd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Optimizers against PyTorch's: every parameter after every step, and clipped gradients. */
class GoldenOptimizersTest {
    static final GoldenTests RULES = of("optimizer/", GoldenOptimizersTest::trajectory);
    static final GoldenTests CLIPS = of("clip_grad_", GoldenOptimizersTest::clip);
    static final GoldenTests SCHEDULES = of("schedule/", GoldenOptimizersTest::schedule);

    private static GoldenTests of(String ops, Consumer<GoldenCase> check) {
        return new GoldenTests(Set.of("optim"), golden -> golden.op().startsWith(ops), check);
    }

    @TestFactory
    Stream<DynamicNode> trajectories() {
        return RULES.onAllBackends();
    }

    @TestFactory
    Stream<DynamicNode> clips() {
        return CLIPS.onAllBackends();
    }

    @TestFactory
    Stream<DynamicNode> schedules() {
        return SCHEDULES.once();
    }

    private static void schedule(GoldenCase golden) {
        Args args = golden.args();
        boolean oneCycle = golden.op().equals("schedule/one_cycle");
        Optimizer optimizer = Optimizers.sgd(oneCycle ? args.number("max_lr", 0) : args.number("base_lr", 0));
        Schedule schedule = schedule(golden.op().substring("schedule/".length()), args);
        boolean plateau = schedule.monitor().isPresent();
        if (plateau) {
            optimizer.schedulePerEpoch(schedule);
        } else {
            optimizer.schedule(schedule);
        }
        double[] expected = golden.tensor("lr").toDoubleArray();
        double[] metric = plateau ? golden.tensor("metric").toDoubleArray() : new double[0];
        Variable x = Variable.of("x", Tensor.of(new float[] {0}));
        for (int i = 0; i < expected.length; i++) {
            Measured.note("f64 " + golden.op(), Math.abs(expected[i] - optimizer.learningRate()));
            assertEquals(expected[i], optimizer.learningRate(), 1e-10 * expected[i] + 1e-14, "step " + i);
            if (oneCycle) {
                double momentum = golden.tensor("momentum").toDoubleArray()[i];
                assertEquals(momentum, schedule.momentum(i).orElseThrow(), 1e-10, "step " + i);
            }
            optimizer.step(Map.of(x, Tensor.of(new float[] {0})));
            if (plateau) {
                optimizer.epochEnded(metric[i]);
            }
        }
    }

    private static Schedule schedule(String op, Args args) {
        int total = (int) args.number("T_max", args.number("total_steps", args.number("total_iters", 0)));
        double floor = args.number("eta_min", 0) / args.number("base_lr", 1);
        int warmup = (int) args.number("w", 0);
        int rest = (int) args.number("tot", 0) - warmup;
        return switch (op) {
            case "step" -> Schedules.stepDecay((int) args.number("step_size", 0), args.number("gamma", 0));
            case "multi_step" ->
                Schedules.multistep(
                        args.number("gamma", 0),
                        Arrays.stream(args.numbers("milestones"))
                                .mapToInt(m -> (int) m)
                                .toArray());
            case "exponential" -> Schedules.exponential(args.number("gamma", 0));
            case "cosine" -> Schedules.cosine(total).floor(floor).mirrored();
            case "cosine_warm_restarts" ->
                Schedules.cosineRestarts((int) args.number("T_0", 0), (int) args.number("T_mult", 1))
                        .floor(floor);
            case "one_cycle" ->
                args.has("three_phase")
                        ? Schedules.oneCycle(total)
                                .rise(args.number("pct_start", 0.3))
                                .straight()
                                .threePhases()
                        : Schedules.oneCycle(total);
            case "linear" -> Schedules.linear(args.number("start_factor", 0), args.number("end_factor", 0), total);
            case "warmup_linear" -> Schedules.polynomial(rest, 1).warmup(warmup);
            case "warmup_cosine" -> Schedules.cosine(rest).mirrored().warmup(warmup);
            case "warmup_constant" -> Schedules.constant().warmup(warmup);
            case "noam" -> Schedules.noam((int) args.number("d", 0), warmup);
            case "plateau" -> plateau(args);
            default -> throw new AssertionError(op);
        };
    }

    private static Schedule plateau(Args args) {
        Plateau plateau = Schedules.plateau("loss")
                .factor(args.number("factor", 0.1))
                .patience((int) args.number("patience", 10))
                .cooldown((int) args.number("cooldown", 0))
                .floor(args.number("min_lr", 0) / args.number("base_lr", 1));
        double threshold = args.number("threshold", 1e-4);
        plateau = args.text("threshold_mode", "rel").equals("abs")
                ? plateau.minDelta(threshold)
                : plateau.threshold(threshold);
        return args.text("mode", "min").equals("max") ? plateau.largerIsBetter() : plateau;
    }

    private static void trajectory(GoldenCase golden) {
        Optimizer optimizer = optimizer(golden);
        Map<String, Variable> parameters = new LinkedHashMap<>();
        golden.of("param0").forEach((name, value) -> parameters.put(name, Variable.of(name, value)));
        Map<String, List<Tensor>> steps = new LinkedHashMap<>();
        int count = golden.tensor("grads.w").dim(0);
        for (int i = 0; i < count; i++) {
            Map<Variable, Tensor> gradients = new LinkedHashMap<>();
            for (String name : parameters.keySet()) {
                gradients.put(
                        parameters.get(name), golden.tensor("grads." + name).slice(Index.at(i)));
            }
            optimizer.step(gradients);
            parameters.forEach((name, variable) -> steps.computeIfAbsent(name, key -> new ArrayList<>())
                    .add(Tensor.of(variable.segment(), variable.dtype(), variable.shape())));
        }
        steps.forEach((name, values) -> assertEquals(
                Optional.empty(),
                Golden.compare(
                        golden, "trajectory." + name, Optional.of(Tensor.stack(0, values.toArray(Tensor[]::new))))));
    }

    private static Optimizer optimizer(GoldenCase golden) {
        Args args = golden.args();
        double rate = args.number("lr", 0);
        double decay = args.number("weight_decay", 0);
        return switch (golden.op()) {
            case "optimizer/sgd" -> {
                Sgd sgd = Optimizers.sgd(rate)
                        .momentum(args.number("momentum", 0))
                        .dampening(args.number("dampening", 0))
                        .weightDecay(decay);
                yield args.flag("nesterov", false) ? sgd.nesterov() : sgd;
            }
            case "optimizer/rmsprop" -> {
                RmsProp rmsprop = Optimizers.rmsprop(rate)
                        .momentum(args.number("momentum", 0))
                        .alpha(args.number("alpha", 0.99))
                        .weightDecay(decay);
                yield args.flag("centered", false) ? rmsprop.centered() : rmsprop;
            }
            case "optimizer/adagrad" -> {
                Adagrad adagrad = Optimizers.adagrad(rate).weightDecay(decay);
                yield adagrad.learningRateDecay(args.number("lr_decay", 0))
                        .initialAccumulator(args.number("initial_accumulator_value", 0));
            }
            case "optimizer/adadelta" ->
                Optimizers.adadelta(rate).rho(args.number("rho", 0.9)).weightDecay(decay);
            case "optimizer/adam" -> adam(args, Optimizers.adam(rate).weightDecay(decay));
            case "optimizer/adamw" -> adam(args, Optimizers.adamw(rate).weightDecay(args.number("weight_decay", 0.01)));
            case "optimizer/adamax" -> adam(args, Optimizers.adamax(rate).weightDecay(decay));
            case "optimizer/nadam" ->
                adam(args, Optimizers.nadam(rate).weightDecay(decay).asInPyTorch113());
            case "optimizer/radam" -> adam(args, Optimizers.radam(rate).weightDecay(decay));
            default -> throw new AssertionError(golden.op());
        };
    }

    private static Adam adam(Args args, Adam adam) {
        if (args.has("betas")) {
            adam.betas(args.numbers("betas")[0], args.numbers("betas")[1]);
        }
        return args.flag("amsgrad", false) ? adam.amsgrad() : adam;
    }

    private static void clip(GoldenCase golden) {
        Map<String, Tensor> gradients = new LinkedHashMap<>(golden.of("grad"));
        GradientClip clip;
        if (golden.op().equals("clip_grad_value")) {
            clip = GradientClip.value(golden.args().number("clip_value", 0));
        } else {
            String order = golden.args().text("norm_type", "2");
            clip = GradientClip.norm(
                    golden.args().number("max_norm", 0),
                    order.equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(order));
            Tensor norm = GradientClip.totalNorm(gradients.values(), clip.order());
            assertEquals(Optional.empty(), Golden.compare(golden, "total_norm", Optional.of(norm)));
        }
        clip.of(gradients)
                .forEach((name, value) ->
                        assertEquals(Optional.empty(), Golden.compare(golden, "clipped." + name, Optional.of(value))));
    }
}
