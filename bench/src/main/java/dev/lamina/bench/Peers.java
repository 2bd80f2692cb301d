package dev.lamina.bench;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A library that ours is compared with. The implementations are in module bench/peers, which only {@code bench/run} builds, so
 * that the ordinary build needs none of these libraries.
 */
public interface Peers {
    /** Name in the table of rows. */
    String library();

    /** C = A B. */
    default Optional<Rival> product(Product product) {
        return Optional.empty();
    }

    /** {@link Chain}: eight operations one after the other. */
    default Optional<Rival> chain(MemorySegment x, long count) {
        return Optional.empty();
    }

    /** Softmax of rows and its gradient; the result is both, one after the other. */
    default Optional<Rival> softmax(Rows rows) {
        return Optional.empty();
    }

    /** Layer normalization of rows with scale and shift, and its three gradients; the result is all four, one after the other. */
    default Optional<Rival> layerNorm(Rows rows) {
        return Optional.empty();
    }

    /** Causal attention and its gradients; the result is the output and the gradients of q, k and v, one after the other. */
    default Optional<Rival> attention(Heads heads) {
        return Optional.empty();
    }

    /** A pre-norm transformer block and its gradients; the result begins with the output and the gradient of x. */
    default Optional<Rival> transformer(Block block) {
        return Optional.empty();
    }

    /** Training steps: one pass over the examples in their order; the result is the mean loss of the last pass. */
    default Optional<Rival> train(Training training) {
        return Optional.empty();
    }

    /** A network of convolutions; the result is what {@link Vision} says. */
    default Optional<Rival> vision(Vision vision) {
        return Optional.empty();
    }

    /** Training of a recurrent network: one pass over the examples in their order; the result is the mean loss of the last pass. */
    default Optional<Rival> recurrence(Recurrence recurrence) {
        return Optional.empty();
    }

    /** The name of a program that makes a network 784-10, predicts once, and prints its memory last. */
    default Optional<String> firstPrediction() {
        return Optional.empty();
    }

    /**
     * One side of a comparison.
     *
     * @param name with version
     * @param run one run
     * @param result values of the last run
     */
    record Rival(String name, Runnable run, Supplier<float[]> result) {}

    /** A (m, k) and B (k, n), row-major; with {@code bf16} all three matrices are. */
    record Product(int m, int k, int n, boolean bf16, MemorySegment a, MemorySegment b) {}

    /** x and the gradient of y, both (rows, columns) in f32; scale and shift are (columns). */
    record Rows(
            int rows,
            int columns,
            MemorySegment x,
            MemorySegment upstream,
            MemorySegment scale,
            MemorySegment shift,
            double epsilon) {}

    /** q, k, v and the gradient of the output, each (heads, positions, width) in f32. */
    record Heads(
            int heads,
            int positions,
            int width,
            boolean bf16,
            MemorySegment q,
            MemorySegment k,
            MemorySegment v,
            MemorySegment upstream) {}

    /**
     * A block with four times as many hidden features.
     *
     * @param x (positions, width), as the gradient of the output
     * @param parameters norm, projections of queries, keys, values and output, norm, feed-forward; kernels are (in, out)
     */
    record Block(
            int heads,
            int positions,
            int width,
            boolean bf16,
            MemorySegment x,
            MemorySegment upstream,
            List<float[]> parameters) {}

    /**
     * A network of dense layers with relu between them.
     *
     * @param kernels (in, out) for each layer
     * @param biases (out) for each layer
     * @param features (N, in)
     * @param targets (N, out) of the squared error, or numbers of classes (N) of the cross-entropy
     * @param rule how parameters move
     * @param bf16 products in bf16, parameters in f32
     */
    record Training(
            float[][] kernels,
            float[][] biases,
            float[] features,
            float[] targets,
            int batch,
            Rule rule,
            double rate,
            boolean bf16) {
        /** Loss and optimizer. */
        public enum Rule {
            /** Mean squared error; gradient descent with momentum 0.9. */
            MSE_MOMENTUM,
            /** Cross-entropy of classes; Adam with the usual constants. */
            CLASSES_ADAM
        }

        /** Number of batches. */
        public int batches() {
            int in = kernels[0].length / biases[0].length;
            return features.length / in / batch;
        }
    }

    /** Numbers with a shape, row-major. */
    record Values(int[] shape, float[] numbers) {}

    /**
     * A network of convolutions. Images are (N, H, W, C), kernels (H, W, in, out), those of dense layers (in, out).
     *
     * @param net which
     * @param use what is done with it
     * @param parameters in the order of the network
     * @param images the input
     * @param labels a class for each image where the network is trained
     * @param upstream gradient of the output where a gradient alone is wanted
     * @param batch images of a training step
     * @param bf16 products in bf16, parameters in f32
     */
    record Vision(
            Net net,
            Use use,
            List<Values> parameters,
            Values images,
            int[] labels,
            Optional<Values> upstream,
            int batch,
            boolean bf16) {
        /** Networks, with what their parameters are. */
        public enum Net {
            /** One 3x3 convolution with padding 1, in as many groups as the kernel has: kernel. */
            CONV,
            /** Two 3x3 convolutions with relu, maxima of 2x2, two dense layers with relu between: kernel and bias of each. */
            LENET,
            /**
             * ResNet-18. In training kernel, scale and shift of each convolution with its batch normalization; for inference kernel
             * and bias, in which the normalization is. The shortcut's convolution comes last in its block. Then kernel and bias of the
             * dense layer.
             */
            RESNET18
        }

        /** Uses, with the result that is compared. */
        public enum Use {
            /** The output. */
            FORWARD,
            /** Gradients of the images and of the kernel, one after the other. */
            BACKWARD,
            /** The output, and then those gradients. */
            BOTH,
            /** Steps of Adam (rate 0.001, the usual constants) over all batches in order: mean cross-entropy of the last pass. */
            TRAIN
        }
    }

    /**
     * An embedding, a recurrent layer whose last output goes into a dense layer, cross-entropy of classes, Adam with the usual constants.
     *
     * @param cell which
     * @param parameters embeddings, kernel (in, gates units), recurrent (units, gates units), bias, for GRU recurrent bias; kernel (in, out) and
     *     bias of the dense layer
     * @param words (N, T)
     * @param classes (N)
     * @param batch examples of a step
     * @param rate of Adam
     */
    record Recurrence(Cell cell, List<Values> parameters, int[] words, int[] classes, int batch, double rate) {
        /** Cells. */
        public enum Cell {
            /** Gates in the order i, f, g, o. */
            LSTM,
            /** Gates in the order r, z, n. */
            GRU
        }

        /** T. */
        public int steps() {
            return words.length / classes.length;
        }
    }

    /** The library of a name, if it is there. */
    static Optional<Peers> library(String name) {
        for (Peers peers : ServiceLoader.load(Peers.class)) {
            if (peers.library().equals(name)) {
                return Optional.of(peers);
            }
        }
        System.err.println("bench: " + name + " is not there (module bench/peers is not built): no peer for this row");
        return Optional.empty();
    }

    /** Asks a library; says on stderr when it is not there or does not load. */
    static Optional<Rival> ask(String library, Function<Peers, Optional<Rival>> question) {
        try {
            return library(library).flatMap(question);
        } catch (LinkageError e) {
            System.err.println("bench: " + library + " does not load here: " + e);
            return Optional.empty();
        }
    }
}
