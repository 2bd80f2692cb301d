package dev.lamina.examples;

import static dev.lamina.nn.Activation.RELU;
import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.activation;
import static dev.lamina.nn.Layers.batchNorm;
import static dev.lamina.nn.Layers.conv2d;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.globalAvgPool;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adamw;
import static dev.lamina.nn.Schedules.cosine;

import dev.lamina.core.Tensor;
import dev.lamina.data.Cifar10;
import dev.lamina.data.Dataset;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Small pictures of ten classes with a residual network (He and others 2016) of three blocks, 16, 32 and 64 channels wide. */
public final class SmallResNet {
    private static final int BATCH = 64;

    private SmallResNet() {}

    /** Trains on the CIFAR-10 images of a folder and prints. */
    public static void main(String[] args) {
        Path folder = Path.of(args.length > 0 ? args[0] : "../shared/data/cifar-10-subset");
        System.out.println(run(folder, 50_000, 12, ProgressLine.of(System.out, false)));
    }

    /** relu(x + f(x)), f two convolutions; where extent or width change, x goes through a convolution of one pixel. */
    static final class Block extends Layer {
        private final Layer inner;
        private final @Nullable Layer shortcut;

        Block(int width, int stride) {
            inner = child(
                    "inner",
                    Sequential.of(
                            conv2d(width, 3).same().strides(stride).noBias(),
                            batchNorm(),
                            activation(RELU),
                            conv2d(width, 3).same().noBias(),
                            batchNorm()));
            shortcut = stride == 1
                    ? null
                    : child(
                            "shortcut",
                            Sequential.of(conv2d(width, 1).strides(stride).noBias(), batchNorm()));
        }

        @Override
        protected Tensor forward(Tensor x) {
            return inner.apply(x).add(shortcut == null ? x : shortcut.apply(x)).relu();
        }
    }

    static Model network() {
        return Sequential.of(
                conv2d(16, 3).same().noBias(),
                batchNorm(),
                activation(RELU),
                new Block(16, 1),
                new Block(32, 2),
                new Block(64, 2),
                globalAvgPool(),
                dense(Cifar10.CLASSES));
    }

    /** Trains on so many examples and measures on as many of the test examples as there are. */
    static Evaluation run(Path folder, int examples, int epochs, Callback... callbacks) {
        Dataset train = first(examples, Cifar10.train(folder));
        Dataset test = first(examples, Cifar10.test(folder));
        Model model = network();
        int steps = epochs * Math.ceilDiv(Math.toIntExact(train.size()), BATCH);
        model.compile(adamw(4e-3).schedule(cosine(steps)), sparseCategoricalCrossentropy(), accuracy());
        model.fit(train, epochs(epochs).batchSize(BATCH).seed(1).callbacks(callbacks));
        return model.evaluate(test);
    }

    private static Dataset first(int examples, Dataset all) {
        return all.take(Math.min(examples, all.size()));
    }
}
