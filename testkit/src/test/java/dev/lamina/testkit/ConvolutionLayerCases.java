package dev.lamina.testkit;

import static dev.lamina.nn.Layers.adaptiveAvgPool1d;
import static dev.lamina.nn.Layers.adaptiveAvgPool2d;
import static dev.lamina.nn.Layers.adaptiveAvgPool3d;
import static dev.lamina.nn.Layers.adaptiveMaxPool1d;
import static dev.lamina.nn.Layers.adaptiveMaxPool2d;
import static dev.lamina.nn.Layers.adaptiveMaxPool3d;
import static dev.lamina.nn.Layers.avgPool1d;
import static dev.lamina.nn.Layers.avgPool2d;
import static dev.lamina.nn.Layers.avgPool3d;
import static dev.lamina.nn.Layers.conv1d;
import static dev.lamina.nn.Layers.conv2d;
import static dev.lamina.nn.Layers.conv3d;
import static dev.lamina.nn.Layers.convTranspose1d;
import static dev.lamina.nn.Layers.convTranspose2d;
import static dev.lamina.nn.Layers.convTranspose3d;
import static dev.lamina.nn.Layers.cropping1d;
import static dev.lamina.nn.Layers.cropping2d;
import static dev.lamina.nn.Layers.cropping3d;
import static dev.lamina.nn.Layers.depthwiseConv1d;
import static dev.lamina.nn.Layers.depthwiseConv2d;
import static dev.lamina.nn.Layers.depthwiseConv3d;
import static dev.lamina.nn.Layers.globalAvgPool;
import static dev.lamina.nn.Layers.globalMaxPool;
import static dev.lamina.nn.Layers.maxPool1d;
import static dev.lamina.nn.Layers.maxPool2d;
import static dev.lamina.nn.Layers.maxPool3d;
import static dev.lamina.nn.Layers.separableConv1d;
import static dev.lamina.nn.Layers.separableConv2d;
import static dev.lamina.nn.Layers.separableConv3d;
import static dev.lamina.nn.Layers.upSampling1d;
import static dev.lamina.nn.Layers.upSampling2d;
import static dev.lamina.nn.Layers.upSampling3d;
import static dev.lamina.nn.Layers.zeroPadding1d;
import static dev.lamina.nn.Layers.zeroPadding2d;
import static dev.lamina.nn.Layers.zeroPadding3d;

import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.nn.Constraints;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Regularizers;
import java.util.List;
import java.util.stream.Stream;

/** The layers of windows in the harness. */
final class ConvolutionLayerCases {
    private ConvolutionLayerCases() {}

    static List<LayerHarness> all() {
        return Stream.concat(convolutions().stream(), others().stream()).toList();
    }

    private static List<LayerHarness> convolutions() {
        return List.of(
                LayerHarness.of("conv1d", () -> conv1d(4, 3))
                        .input(2, 6, 3)
                        .output(2, 4, 4)
                        .masked(new int[][] {{1, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 0, 0}}, false)
                        .parameters(40)
                        .wrong(Tensor.ones(2, 3))
                        .wrong(
                                "conv1d: expected inputs with 3 channels, got (2, 6, 4); feed examples with as many channels as at the first use, channels come last",
                                Tensor.ones(2, 6, 4))
                        .wrong(
                                "conv: expected windows of at most 2 positions on axis 1 of (2, 2, 3) (with padding), got 3; use a smaller window, less dilation or more padding",
                                Tensor.ones(2, 2, 3)),
                LayerHarness.of(
                                "conv1d causal",
                                () -> conv1d(4, 3).causal().dilations(2).tanh())
                        .input(2, 6, 3)
                        .output(2, 6, 4)
                        .masked(new int[][] {{1, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 0, 0}}, true)
                        .parameters(40)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("conv2d", () -> conv2d(4, 3))
                        .input(2, 5, 4, 3)
                        .output(2, 3, 2, 4)
                        .masked(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}}, false)
                        .parameters(112)
                        .wrong(Tensor.ones(2, 3))
                        .wrong(Tensor.ones(2, 5, 4, 2)),
                LayerHarness.of(
                                "conv2d same",
                                () -> conv2d(4, 3, 2)
                                        .same()
                                        .strides(2)
                                        .groups(2)
                                        .noBias()
                                        .sigmoid())
                        .input(2, 5, 4, 2)
                        .output(2, 3, 2, 4)
                        .masked(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}}, false)
                        .parameters(24)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of(
                                "conv2d explicit",
                                () -> conv2d(2, 2)
                                        .padding(new int[] {1, 0}, new int[] {0, 2})
                                        .dilations(2, 1))
                        .input(2, 4, 3, 2)
                        .output(2, 3, 4, 2)
                        .masked(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}}, false)
                        .parameters(18)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("conv3d", () -> conv3d(2, 2))
                        .input(2, 3, 3, 3, 2)
                        .output(2, 2, 2, 2, 2)
                        .masked(new int[][] {{1, 1, 0}, {1, 0, 0}}, false)
                        .parameters(34)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("convTranspose1d", () -> convTranspose1d(4, 3).strides(2))
                        .input(2, 3, 2)
                        .output(2, 7, 4)
                        .masked(new int[][] {{1, 1, 0}, {1, 0, 0}}, false)
                        .parameters(28)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of(
                                "convTranspose2d",
                                () -> convTranspose2d(3, 3).strides(2).same())
                        .input(2, 2, 3, 2)
                        .output(2, 4, 6, 3)
                        .masked(new int[][] {{1, 0}, {1, 0}}, false)
                        .parameters(57)
                        .wrong(Tensor.ones(2, 3))
                        .wrong(Tensor.ones(2, 2, 3, 3)),
                LayerHarness.of(
                                "convTranspose2d outputPadding",
                                () -> convTranspose2d(4, 3)
                                        .strides(2)
                                        .padding(1)
                                        .outputPadding(1)
                                        .groups(2))
                        .input(2, 2, 3, 2)
                        .output(2, 4, 6, 4)
                        .masked(new int[][] {{1, 0}, {1, 0}}, false)
                        .parameters(40)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("convTranspose3d", () -> convTranspose3d(2, 2).strides(2))
                        .input(1, 2, 2, 1, 2)
                        .output(1, 4, 4, 2, 2)
                        .masked(new int[][] {{1, 0}}, false)
                        .parameters(34)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("depthwiseConv1d", () -> depthwiseConv1d(1, 3).same())
                        .input(2, 5, 3)
                        .output(2, 5, 3)
                        .masked(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}}, true)
                        .parameters(12)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of(
                                "depthwiseConv2d",
                                () -> depthwiseConv2d(2, 3).same().tanh())
                        .input(2, 4, 4, 3)
                        .output(2, 4, 4, 6)
                        .masked(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}}, true)
                        .parameters(60)
                        .wrong(Tensor.ones(2, 3))
                        .wrong(Tensor.ones(2, 4, 4, 2)),
                LayerHarness.of("depthwiseConv3d", () -> depthwiseConv3d(1, 2))
                        .input(1, 3, 2, 2, 3)
                        .output(1, 2, 1, 1, 3)
                        .masked(new int[][] {{1, 1, 0}}, false)
                        .parameters(27)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("separableConv1d", () -> separableConv1d(4, 3))
                        .input(2, 5, 3)
                        .output(2, 3, 4)
                        .masked(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}}, false)
                        .parameters(25)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of(
                                "separableConv2d",
                                () -> separableConv2d(4, 3).same().multiplier(2))
                        .input(2, 4, 3, 3)
                        .output(2, 4, 3, 4)
                        .masked(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}}, true)
                        .parameters(82)
                        .wrong(Tensor.ones(2, 3))
                        .wrong(Tensor.ones(2, 4, 3, 2)),
                LayerHarness.of(
                                "separableConv2d with options",
                                () -> separableConv2d(4, 3)
                                        .depthwiseInitializer(Initializers.uniform(0.1, 0.2))
                                        .depthwiseRegularizer(Regularizers.l2(0.1))
                                        .depthwiseConstraint(Constraints.nonNegative())
                                        .kernelRegularizer(Regularizers.l1(0.1)))
                        .input(2, 4, 3, 3)
                        .output(2, 2, 1, 4)
                        .masked(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}}, false)
                        .parameters(43)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("separableConv3d", () -> separableConv3d(2, 2))
                        .input(1, 3, 2, 2, 3)
                        .output(1, 2, 1, 1, 2)
                        .masked(new int[][] {{1, 1, 0}}, false)
                        .parameters(32)
                        .wrong(Tensor.ones(2, 3)));
    }

    private static List<LayerHarness> others() {
        return List.of(
                LayerHarness.of("maxPool1d", () -> maxPool1d(2))
                        .input(2, 6, 3)
                        .output(2, 3, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("maxPool2d", () -> maxPool2d(2))
                        .input(2, 4, 5, 3)
                        .output(2, 2, 2, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of(
                                "maxPool2d same",
                                () -> maxPool2d(3).slide(Slide.by(2).same()))
                        .input(2, 4, 5, 3)
                        .output(2, 2, 3, 3)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("maxPool3d", () -> maxPool3d(2))
                        .input(1, 4, 3, 2, 2)
                        .output(1, 2, 1, 1, 2)
                        .dropsMask(new int[][] {{1, 1, 1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("adaptiveMaxPool1d", () -> adaptiveMaxPool1d(2))
                        .input(2, 5, 3)
                        .output(2, 2, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("adaptiveMaxPool2d", () -> adaptiveMaxPool2d(2, 3))
                        .input(2, 4, 5, 3)
                        .output(2, 2, 3, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("adaptiveMaxPool3d", () -> adaptiveMaxPool3d(1))
                        .input(1, 4, 3, 2, 2)
                        .output(1, 1, 1, 1, 2)
                        .dropsMask(new int[][] {{1, 1, 1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("avgPool1d", () -> avgPool1d(2))
                        .input(2, 6, 3)
                        .output(2, 3, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("avgPool2d", () -> avgPool2d(2))
                        .input(2, 4, 5, 3)
                        .output(2, 2, 2, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of(
                                "avgPool2d same",
                                () -> avgPool2d(3).slide(Slide.by(2).same()))
                        .input(2, 4, 5, 3)
                        .output(2, 2, 3, 3)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("avgPool3d", () -> avgPool3d(2))
                        .input(1, 4, 3, 2, 2)
                        .output(1, 2, 1, 1, 2)
                        .dropsMask(new int[][] {{1, 1, 1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("adaptiveAvgPool1d", () -> adaptiveAvgPool1d(2))
                        .input(2, 5, 3)
                        .output(2, 2, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 1, 0}, {1, 1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("adaptiveAvgPool2d", () -> adaptiveAvgPool2d(2, 3))
                        .input(2, 4, 5, 3)
                        .output(2, 2, 3, 3)
                        .dropsMask(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("adaptiveAvgPool3d", () -> adaptiveAvgPool3d(1))
                        .input(1, 4, 3, 2, 2)
                        .output(1, 1, 1, 1, 2)
                        .dropsMask(new int[][] {{1, 1, 1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("globalMaxPool", () -> globalMaxPool())
                        .input(2, 4, 3, 2)
                        .output(2, 2)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("globalMaxPool masked", () -> globalMaxPool())
                        .input(2, 4, 3)
                        .output(2, 3)
                        .wrong(Tensor.ones(2, 3))
                        .masked(new int[][] {{1, 1, 0, 0}, {1, 1, 1, 1}}, false),
                LayerHarness.of("globalAvgPool", () -> globalAvgPool())
                        .input(2, 4, 3, 2)
                        .output(2, 2)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("globalAvgPool masked", () -> globalAvgPool())
                        .input(2, 4, 3)
                        .output(2, 3)
                        .wrong(Tensor.ones(2, 3))
                        .masked(new int[][] {{1, 1, 0, 0}, {1, 1, 1, 1}}, false),
                LayerHarness.of("upSampling1d", () -> upSampling1d(2))
                        .input(2, 3, 2)
                        .output(2, 6, 2)
                        .dropsMask(new int[][] {{1, 1, 0}, {1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("upSampling2d", () -> upSampling2d(2, 3))
                        .input(2, 2, 3, 2)
                        .output(2, 4, 9, 2)
                        .dropsMask(new int[][] {{1, 0}, {1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("upSampling2d linear", () -> upSampling2d(2).linear())
                        .input(2, 2, 3, 2)
                        .output(2, 4, 6, 2)
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("upSampling3d", () -> upSampling3d(2))
                        .input(1, 2, 1, 2, 2)
                        .output(1, 4, 2, 4, 2)
                        .dropsMask(new int[][] {{1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("zeroPadding1d", () -> zeroPadding1d(2))
                        .input(2, 3, 2)
                        .output(2, 7, 2)
                        .dropsMask(new int[][] {{1, 1, 0}, {1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("zeroPadding2d", () -> zeroPadding2d(1, 2))
                        .input(2, 3, 2, 2)
                        .output(2, 5, 6, 2)
                        .dropsMask(new int[][] {{1, 1, 0}, {1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("zeroPadding3d", () -> zeroPadding3d(1))
                        .input(1, 2, 1, 2, 2)
                        .output(1, 4, 3, 4, 2)
                        .dropsMask(new int[][] {{1, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("cropping1d", () -> cropping1d(1))
                        .input(2, 4, 2)
                        .output(2, 2, 2)
                        .dropsMask(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3))
                        .wrong(Tensor.ones(2, 2, 2)),
                LayerHarness.of("cropping2d", () -> cropping2d(1, 0))
                        .input(2, 4, 3, 2)
                        .output(2, 2, 3, 2)
                        .dropsMask(new int[][] {{1, 1, 1, 0}, {1, 1, 0, 0}})
                        .wrong(Tensor.ones(2, 3)),
                LayerHarness.of("cropping3d", () -> cropping3d(1))
                        .input(1, 3, 4, 3, 2)
                        .output(1, 1, 2, 1, 2)
                        .dropsMask(new int[][] {{1, 1, 0}})
                        .wrong(Tensor.ones(2, 3)));
    }
}
