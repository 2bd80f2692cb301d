package dev.lamina.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lamina.core.Index;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.GradientClip;
import dev.lamina.nn.Optimizer;
import dev.lamina.nn.Optimizers;
import dev.lamina.nn.optimizers.Adagrad;
import dev.lamina.nn.optimizers.Adam;
import dev.lamina.nn.optimizers.RmsProp;
import dev.lamina.nn.optimizers.Sgd;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Optimizers against PyTorch's: every parameter after every step, and clipped gradients. */
class GoldenOptimizersTest {
    @TestFactory
    Stream<DynamicNode> trajectories() {
        return cases("optimizer/", GoldenOptimizersTest::trajectory);
    }

    @TestFactory
    Stream<DynamicNode> clips() {
        return cases("clip_grad_", GoldenOptimizersTest::clip);
    }

    private static Stream<DynamicNode> cases(String ops, java.util.function.Consumer<GoldenCase> check) {
        return Stream.of("interpreter", "cpu")
                .flatMap(backend -> Golden.cases(Set.of("optim")).stream()
                        .filter(golden -> golden.op().startsWith(ops))
                        .map(golden -> dynamicTest(
                                golden.name() + " on " + backend,
                                () -> OnBackend.of(backend, () -> {
                                    check.accept(golden);
                                    return true;
                                }))));
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
