package dev.lamina.testkit;

import dev.lamina.core.DType;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Activation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.layers.Bidirectional;
import dev.lamina.nn.layers.Gru;
import dev.lamina.nn.layers.Lstm;
import dev.lamina.nn.layers.Recurrent;
import dev.lamina.nn.layers.SimpleRnn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Recurrent layers against PyTorch's: stacked, in two directions, with first states and with lengths; values and gradients. */
class GoldenRecurrentTest {
    static final GoldenTests ALL = new GoldenTests(Set.of("rnn"), golden -> true, GoldenRecurrentTest::check);

    @TestFactory
    Stream<DynamicNode> layers() {
        return ALL.onAllBackends();
    }

    private static void check(GoldenCase golden) {
        Stack stack = new Stack(golden);
        stack.dtype(golden.dtype());
        boolean batchFirst = golden.args().flag("batch_first", false);
        Tensor x = golden.tensor("in.x");
        Tensor rows = batchFirst ? x : x.transpose(0, 1);
        List<Tensor> results = golden.tensors().containsKey("in.lengths")
                ? stack.applyMasked(List.of(rows), List.of(Optional.of(mask(golden, rows))))
                : stack.applyAll(List.of(rows));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("y", batchFirst ? results.get(0) : results.get(0).transpose(0, 1));
        outputs.put("h_n", results.get(1));
        if (golden.op().equals("lstm")) {
            outputs.put("c_n", results.get(2));
        }
        Map<String, Tensor> gradients = Golden.gradients(golden, outputs);
        List<Tensor> all = new ArrayList<>(outputs.values());
        all.addAll(gradients.values());
        Tensor.evaluateAll(all.toArray(Tensor[]::new));
        Golden.check(golden, outputs, gradients);
    }

    /** The first layer of each case, its weights taken as PyTorch saves them, gives the values that PyTorch's gives. */
    @TestFactory
    Stream<DynamicNode> weightsOfPyTorch() {
        return Golden.cases(Set.of("rnn")).stream()
                .filter(golden -> golden.args().integer("num_layers", 1) == 1
                        && !golden.tensors().containsKey("in.lengths"))
                .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> checkWeights(golden)));
    }

    private static void checkWeights(GoldenCase golden) {
        Stack stack = new Stack(golden);
        boolean batchFirst = golden.args().flag("batch_first", false);
        Tensor x = batchFirst ? golden.tensor("in.x") : golden.tensor("in.x").transpose(0, 1);
        Map<String, Tensor> saved = new LinkedHashMap<>();
        golden.of("param").forEach((role, tensor) -> saved.put(role.substring(role.indexOf('.') + 1), tensor));
        Layer layer = stack.layers.getFirst();
        layer.dtype(golden.dtype());
        List<Tensor> inputs = new ArrayList<>(List.of(x));
        inputs.addAll(stack.firstStates(0));
        layer.applyAll(inputs);
        if (layer instanceof Bidirectional both) {
            both.forward().assignTorch(saved, "_l0");
            both.backward().assignTorch(saved, "_l0_reverse");
        } else {
            ((Recurrent<?>) layer).assignTorch(saved, "_l0");
        }
        Tensor y = layer.applyAll(inputs).getFirst();
        Tensor out = batchFirst ? y : y.transpose(0, 1);
        Golden.compare(golden, "out.y", Optional.of(out.evaluate())).ifPresent(difference -> {
            throw new AssertionError(golden.name() + ": " + difference);
        });
    }

    private static Tensor mask(GoldenCase golden, Tensor x) {
        Tensor lengths = golden.tensor("in.lengths").cast(DType.I64);
        return Tensor.arange(x.dim(1)).reshape(1, -1).lt(lengths.reshape(-1, 1));
    }

    /** All layers of a case, with the tensors of the case in the place of variables, so that gradients flow to them. */
    private static final class Stack extends Layer {
        private final GoldenCase golden;
        private final List<Layer> layers = new ArrayList<>();
        private final boolean two;

        Stack(GoldenCase golden) {
            this.golden = golden;
            two = golden.args().flag("bidirectional", false);
            for (int i = 0; i < golden.args().integer("num_layers", 1); i++) {
                layers.add(child("layer_" + i, two ? new Bidirectional(one(), one()) : one()));
            }
        }

        private Recurrent<?> one() {
            int units = golden.args().integer("hidden_size", 0);
            Recurrent<?> layer = switch (golden.op()) {
                case "rnn" ->
                    new SimpleRnn(units)
                            .activation(
                                    golden.args().text("nonlinearity", "tanh").equals("relu")
                                            ? Activation.RELU
                                            : Activation.TANH);
                case "lstm" -> new Lstm(units);
                default -> new Gru(units);
            };
            layer.returnSequences();
            layer.returnStates();
            layer.zeroMasked();
            return golden.args().flag("bias", true) ? layer : layer.noBias();
        }

        @Override
        protected List<Tensor> forward(List<Tensor> inputs) {
            Tensor x = inputs.getFirst();
            List<List<Tensor>> states = new ArrayList<>();
            for (int i = 0; i < layers.size(); i++) {
                List<Tensor> given = new ArrayList<>(List.of(x));
                given.addAll(firstStates(i));
                Layer layer = layers.get(i);
                layer.applyAll(given);
                List<Tensor> outputs = substituting(values(layer, i), () -> layer.applyAll(given));
                x = outputs.getFirst();
                states.add(outputs.subList(1, outputs.size()));
            }
            List<Tensor> results = new ArrayList<>(List.of(x));
            int kinds = golden.op().equals("lstm") ? 2 : 1;
            for (int kind = 0; kind < kinds; kind++) {
                List<Tensor> all = new ArrayList<>();
                for (List<Tensor> layer : states) {
                    for (int direction = 0; direction < layer.size() / kinds; direction++) {
                        all.add(layer.get(direction * kinds + kind));
                    }
                }
                results.add(Tensor.stack(0, all));
            }
            return results;
        }

        private List<Tensor> firstStates(int layer) {
            List<Tensor> given = new ArrayList<>();
            int directions = two ? 2 : 1;
            for (int row = layer * directions; row < (layer + 1) * directions; row++) {
                for (String name : List.of("h0", "c0")) {
                    if (golden.tensors().containsKey("in." + name)) {
                        given.add(golden.tensor("in." + name).narrow(0, row, 1).squeeze(0));
                    }
                }
            }
            return given;
        }

        private Map<Variable, Tensor> values(Layer layer, int index) {
            Map<Variable, Tensor> values = new HashMap<>();
            layer.variables().forEach((path, variable) -> {
                String suffix = "_l" + index + (path.startsWith("backward/") ? "_reverse" : "");
                String name = path.substring(path.lastIndexOf('/') + 1);
                values.put(variable, value(name, suffix));
            });
            return values;
        }

        private Tensor value(String name, String suffix) {
            boolean gru = golden.op().equals("gru");
            Tensor value = switch (name) {
                case "kernel" -> golden.tensor("param.weight_ih" + suffix).transpose();
                case "recurrent" -> golden.tensor("param.weight_hh" + suffix).transpose();
                case "recurrentBias" -> golden.tensor("param.bias_hh" + suffix);
                default -> {
                    Tensor bias = golden.tensor("param.bias_ih" + suffix);
                    yield gru ? bias : bias.add(golden.tensor("param.bias_hh" + suffix));
                }
            };
            return value;
        }
    }
}
