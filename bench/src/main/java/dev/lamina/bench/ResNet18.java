package dev.lamina.bench;

import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.conv2d;
import static dev.lamina.nn.Layers.dense;

import dev.lamina.core.Slide;
import dev.lamina.core.Tensor;
import dev.lamina.core.Variable;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * ResNet-18 for images (N, 224, 224, 3) (He et al., Deep Residual Learning for Image Recognition, 2015): a 7x7 stem, maxima of 3x3, eight blocks
 * of two 3x3 convolutions, a mean over all positions, 1,000 classes.
 */
final class ResNet18 extends Model {
    private static final double EPSILON = 1e-5;

    private final List<Normalized> convolutions = new ArrayList<>();
    private final Normalized stem = child("stem", new Normalized(64, 7, 2));
    private final List<Block> blocks = new ArrayList<>();
    private final Layer classes;

    ResNet18() {
        convolutions.add(stem);
        for (int stage = 0; stage < 4; stage++) {
            for (int i = 0; i < 2; i++) {
                boolean halves = stage > 0 && i == 0;
                Block block = child("block_" + (2 * stage + i + 1), new Block(64 << stage, halves));
                blocks.add(block);
                convolutions.addAll(block.convolutions);
            }
        }
        // Parameters come in the order in which layers are made children.
        classes = child("classes", dense(1000));
    }

    @Override
    protected Tensor forward(Tensor x) {
        Tensor y = stem.apply(x).relu().maxPool(Slide.by(2).padding(1), 3, 3);
        for (Block block : blocks) {
            y = block.apply(y);
        }
        return classes.apply(y.mean(1, 2));
    }

    /** As {@link Peers.Vision.Net#RESNET18} wants them for inference: the normalization by running means and variances is in kernel and bias. */
    List<Peers.Values> parametersForInference() {
        List<Peers.Values> values = new ArrayList<>();
        for (Normalized convolution : convolutions) {
            values.addAll(convolution.folded());
        }
        classes.parameters().forEach(v -> values.add(Networks.values(v.value())));
        return values;
    }

    /** A convolution without bias, and its batch normalization. */
    private static final class Normalized extends Layer {
        private final Layer convolution;
        private final Layer norm;

        Normalized(int channels, int size, int stride) {
            convolution = child(
                    "conv",
                    conv2d(channels, size).strides(stride).padding(size / 2).noBias());
            norm = child("norm", batchNorm().epsilon(EPSILON));
        }

        @Override
        protected Tensor forward(Tensor x) {
            return norm.apply(convolution.apply(x));
        }

        List<Peers.Values> folded() {
            Variable kernel = convolution.parameters().getFirst();
            Map<String, Variable> of = norm.variables();
            Tensor factor = of.get("gamma")
                    .value()
                    .mul(of.get("running_variance").value().add(EPSILON).rsqrt());
            Tensor bias =
                    of.get("beta").value().sub(of.get("running_mean").value().mul(factor));
            return List.of(Networks.values(kernel.value().mul(factor)), Networks.values(bias));
        }
    }

    /** Two convolutions and a shortcut; the first halves the image if the channels double. */
    private static final class Block extends Layer {
        private final Normalized first;
        private final Normalized second;
        private final List<Normalized> convolutions = new ArrayList<>();

        Block(int channels, boolean halves) {
            first = child("first", new Normalized(channels, 3, halves ? 2 : 1));
            second = child("second", new Normalized(channels, 3, 1));
            convolutions.addAll(List.of(first, second));
            if (halves) {
                convolutions.add(child("shortcut", new Normalized(channels, 1, 2)));
            }
        }

        @Override
        protected Tensor forward(Tensor x) {
            Tensor shortcut = convolutions.size() > 2 ? convolutions.get(2).apply(x) : x;
            return second.apply(first.apply(x).relu()).add(shortcut).relu();
        }
    }
}
