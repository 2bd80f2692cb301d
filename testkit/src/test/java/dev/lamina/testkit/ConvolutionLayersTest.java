package dev.lamina.testkit;

import static dev.lamina.nn.Layers.conv2d;
import static dev.lamina.nn.Layers.depthwiseConv2d;
import static dev.lamina.nn.Layers.maxPool2d;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.Gradients;
import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Layers;
import dev.lamina.nn.layers.Border;
import dev.lamina.nn.layers.Convolution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Convolution layers with weights of PyTorch, and what they refuse. */
class ConvolutionLayersTest {
    private static final Set<String> OPS = Set.of("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d");

    static final GoldenTests CONVOLUTIONS = new GoldenTests(
            Set.of("layers"),
            golden -> OPS.contains(golden.op()) && !golden.name().contains("reflect"),
            ConvolutionLayersTest::convolution);
    static final GoldenTests WITHOUT_WEIGHTS = new GoldenTests(
            Set.of("layers"),
            golden -> Set.of("global_avg_pool", "global_max_pool", "zero_pad2d").contains(golden.op()),
            ConvolutionLayersTest::withoutWeights);

    @TestFactory
    Stream<DynamicNode> pytorchWeights() {
        return CONVOLUTIONS.onAllBackends();
    }

    @TestFactory
    Stream<DynamicNode> withoutWeights() {
        return WITHOUT_WEIGHTS.onAllBackends();
    }

    private static void convolution(GoldenCase golden) {
        Tensor weight = Convolution.fromOihw(golden.tensor("param.weight"));
        Convolution layer = layer(golden, weight);
        layer.dtype(golden.dtype());
        Tensor x = golden.tensor("in.x");
        layer.apply(last(x, true));
        layer.kernel().assign(weight);
        boolean biased = golden.args().flag("bias", true);
        if (biased) {
            layer.bias().assign(golden.tensor("param.bias"));
        }
        Tensor y = last(layer.apply(last(x, true)), false);
        List<Tensor> sources = new ArrayList<>(List.of(x, layer.kernel().value()));
        sources.addAll(biased ? List.of(layer.bias().value()) : List.of());
        List<Tensor> g = Gradients.of(y, golden.tensor("gout.y"), sources);
        Map<String, Tensor> gradients = new HashMap<>();
        gradients.put("gin.x", g.get(0));
        gradients.put("gparam.weight", toOihw(g.get(1)));
        if (biased) {
            gradients.put("gparam.bias", g.get(2));
        }
        Golden.check(golden, Map.of("y", y), gradients);
    }

    /** The way back: (T..., A, B) to (B, A, T...). */
    private static Tensor toOihw(Tensor kernel) {
        int[] axes = new int[kernel.rank()];
        Arrays.setAll(axes, d -> d < 2 ? axes.length - 1 - d : d - 2);
        return kernel.permute(axes);
    }

    private static void withoutWeights(GoldenCase golden) {
        int[] border = golden.args().has("padding") ? golden.args().ints("padding") : new int[4];
        Layer layer = switch (golden.op()) {
            case "global_avg_pool" -> Layers.globalAvgPool();
            case "global_max_pool" -> Layers.globalMaxPool();
            // PyTorch begins with the last axis.
            default -> new Border(false, 2, new int[] {border[2], border[0]}, new int[] {border[3], border[1]});
        };
        Tensor x = golden.tensor("in.x");
        Tensor out = layer.apply(last(x, true));
        Tensor y = out.rank() > 2
                ? last(out, false)
                : out.reshape(golden.tensor("out.y").shape().dims());
        Tensor g = Gradients.of(y, golden.tensor("gout.y"), List.of(x)).getFirst();
        Golden.check(golden, Map.of("y", y), Map.of("gin.x", g));
    }

    private static Convolution layer(GoldenCase golden, Tensor weight) {
        Args args = golden.args();
        int[] window = Arrays.copyOf(weight.shape().dims(), weight.rank() - 2);
        Convolution.Kind kind =
                golden.op().contains("transpose") ? Convolution.Kind.TRANSPOSED : Convolution.Kind.PLAIN;
        Convolution layer = new Convolution(kind, args.integer("out_channels", 0), window.length, window)
                .groups(args.integer("groups", 1));
        layer = args.has("stride") ? layer.strides(args.ints("stride")) : layer;
        layer = args.has("dilation") ? layer.dilations(args.ints("dilation")) : layer;
        layer = args.has("output_padding") ? layer.outputPadding(args.ints("output_padding")) : layer;
        layer = args.flag("bias", true) ? layer : layer.noBias();
        if (!args.has("padding")) {
            return layer;
        }
        boolean same = args.json().get("padding").toString().contains("same");
        return same ? layer.same() : layer.padding(args.ints("padding"));
    }

    /** Channels from the second place to the last, or back. */
    private static Tensor last(Tensor x, boolean there) {
        int[] axes = new int[x.rank()];
        int end = axes.length - 1;
        Arrays.setAll(axes, d -> d == 0 ? 0 : there ? (d == end ? 1 : d + 1) : (d == 1 ? end : d - 1));
        return x.permute(axes);
    }

    private static void refused(String expected, Layer layer, int... shape) {
        String message = assertThrows(LaminaException.class, () -> layer.apply(Tensor.zeros(shape)))
                .getMessage();
        assertTrue(message.contains(expected), message);
    }

    @Test
    void groupsDivideChannelsAndFilters() {
        refused("divisible by 2 groups, got 3 channels", conv2d(4, 3).groups(2), 1, 5, 5, 3);
        refused(
                "divisible by 2 groups, got 4 channels of (1, 5, 5, 4) and 3 filters",
                conv2d(3, 3).groups(2),
                1,
                5,
                5,
                4);
        assertThrows(LaminaException.class, () -> depthwiseConv2d(1, 3).groups(2));
    }

    @Test
    void windowsFitTheInput() {
        refused(
                "expected windows of at most 4 positions on axis 1 of (1, 2, 9, 3) (with padding), got 5",
                conv2d(4, 3).dilations(2).padding(1),
                1,
                2,
                9,
                3);
        refused("expected windows of at most 1 positions", maxPool2d(2), 1, 1, 4, 3);
        refused("expected inputs (N, H, W, C), got (2, 5, 3)", conv2d(4, 3), 2, 5, 3);
        refused("causal", conv2d(4, 3).causal(), 1, 5, 5, 3);
    }

    @Test
    void numbersAreChecked() {
        assertThrows(LaminaException.class, () -> conv2d(0, 3));
        assertThrows(LaminaException.class, () -> conv2d(4, 3, 3, 3));
        assertThrows(LaminaException.class, () -> conv2d(4, 0));
        assertThrows(LaminaException.class, () -> conv2d(4, 3).strides(0));
        assertThrows(LaminaException.class, () -> Layers.zeroPadding2d(-1));
    }
}
