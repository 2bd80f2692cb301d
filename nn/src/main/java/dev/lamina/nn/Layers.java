package dev.lamina.nn;

import dev.lamina.core.Tensor;
import dev.lamina.nn.layers.ActivationLayer;
import dev.lamina.nn.layers.ActivityRegularization;
import dev.lamina.nn.layers.AdditiveAttention;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Bidirectional;
import dev.lamina.nn.layers.Bilinear;
import dev.lamina.nn.layers.Border;
import dev.lamina.nn.layers.Convolution;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Dropout;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.EmbeddingBag;
import dev.lamina.nn.layers.FeedForward;
import dev.lamina.nn.layers.Flatten;
import dev.lamina.nn.layers.GlobalPooling;
import dev.lamina.nn.layers.Glu;
import dev.lamina.nn.layers.GroupNorm;
import dev.lamina.nn.layers.Gru;
import dev.lamina.nn.layers.KernelNorm;
import dev.lamina.nn.layers.Lambda;
import dev.lamina.nn.layers.LayerNorm;
import dev.lamina.nn.layers.Lstm;
import dev.lamina.nn.layers.Masking;
import dev.lamina.nn.layers.Merge;
import dev.lamina.nn.layers.MultiHeadAttention;
import dev.lamina.nn.layers.MultiplicativeAttention;
import dev.lamina.nn.layers.Noise;
import dev.lamina.nn.layers.ParametricActivation;
import dev.lamina.nn.layers.Pooling;
import dev.lamina.nn.layers.PositionalEncoding;
import dev.lamina.nn.layers.Prelu;
import dev.lamina.nn.layers.Rearrange;
import dev.lamina.nn.layers.Recurrent;
import dev.lamina.nn.layers.Residual;
import dev.lamina.nn.layers.RmsNorm;
import dev.lamina.nn.layers.RotaryEmbedding;
import dev.lamina.nn.layers.SeparableConvolution;
import dev.lamina.nn.layers.SimpleRnn;
import dev.lamina.nn.layers.TimeDistributed;
import dev.lamina.nn.layers.TransformerDecoder;
import dev.lamina.nn.layers.TransformerDecoderLayer;
import dev.lamina.nn.layers.TransformerEncoder;
import dev.lamina.nn.layers.TransformerEncoderLayer;
import dev.lamina.nn.layers.UpSampling;
import java.util.List;
import java.util.function.UnaryOperator;

/** The ready layers, each under the name users say; import them statically. */
public final class Layers {
    private Layers() {}

    /**
     * An input of a functional model; see {@link Model#of(Wire, Wire...)}.
     *
     * @param name names the field of data sets that goes in here
     * @param example shape of one example; without it the first input decides
     */
    public static Wire input(String name, int... example) {
        return Wire.input(name, example);
    }

    /** A fully connected layer: y = activation(x kernel + bias). Input (..., in), output (..., units). */
    public static Dense dense(int units) {
        return new Dense(units);
    }

    /** A fully connected layer with an activation. */
    public static Dense dense(int units, Activation activation) {
        return new Dense(units).activation(activation);
    }

    /** Sets each element to 0 with this probability in training and scales the others by 1 / (1 - probability). */
    public static Dropout dropout(double probability) {
        return new Dropout(probability);
    }

    /** All axes of an example in one: (N, ...) to (N, product). */
    public static Flatten flatten() {
        return new Flatten();
    }

    /** An activation as a layer of its own. */
    public static ActivationLayer activation(Activation activation) {
        return new ActivationLayer(activation);
    }

    /** Normalises each channel (last axis) over the batch. */
    public static BatchNorm batchNorm() {
        return new BatchNorm();
    }

    /** Normalises each example over its last axis. */
    public static LayerNorm layerNorm() {
        return new LayerNorm();
    }

    /** A vector for each of {@code count} indices: integers (...) to (..., dimension). */
    public static Embedding embedding(int count, int dimension) {
        return new Embedding(count, dimension);
    }

    /** The sum, mean or maximum of the vectors of a bag of indices: integers (N, L) to (N, dimension). */
    public static EmbeddingBag embeddingBag(int count, int dimension) {
        return new EmbeddingBag(count, dimension);
    }

    /** A form of two inputs: (..., A) and (..., B) to (..., units). */
    public static Bilinear bilinear(int units) {
        return new Bilinear(units);
    }

    // ---------------------------------------------------------------- shapes

    /** Another shape of each example; one extent may be -1, which is then computed. */
    public static Rearrange reshape(int... example) {
        return new Rearrange(Rearrange.Kind.RESHAPE, example);
    }

    /** Another order of the axes of each example, counted from 1: {@code permute(2, 1)} turns (N, T, C) into (N, C, T). */
    public static Rearrange permute(int... axes) {
        return new Rearrange(Rearrange.Kind.PERMUTE, axes);
    }

    /** Each vector so many times: (N, D) to (N, count, D). */
    public static Rearrange repeatVector(int count) {
        return new Rearrange(Rearrange.Kind.REPEAT, count);
    }

    // ---------------------------------------------------------------- several inputs

    /** Inputs one behind the other along the last axis. */
    public static Merge concatenate() {
        return concatenate(-1);
    }

    /** Inputs one behind the other along an axis. */
    public static Merge concatenate(int axis) {
        return new Merge(Merge.Kind.CONCATENATE, axis);
    }

    /** The sum of the inputs. */
    public static Merge add() {
        return new Merge(Merge.Kind.ADD, -1);
    }

    /** The first input minus the second. */
    public static Merge subtract() {
        return new Merge(Merge.Kind.SUBTRACT, -1);
    }

    /** The product of the inputs, element by element. */
    public static Merge multiply() {
        return new Merge(Merge.Kind.MULTIPLY, -1);
    }

    /** The mean of the inputs. */
    public static Merge average() {
        return new Merge(Merge.Kind.AVERAGE, -1);
    }

    /** The largest of the inputs, element by element. */
    public static Merge maximum() {
        return new Merge(Merge.Kind.MAXIMUM, -1);
    }

    /** The smallest of the inputs, element by element. */
    public static Merge minimum() {
        return new Merge(Merge.Kind.MINIMUM, -1);
    }

    /** Inner products of two inputs along an axis: (N, A, K) and (N, B, K) to (N, A, B) for axis -1. */
    public static Merge dot(int axis) {
        return new Merge(Merge.Kind.DOT, axis);
    }

    // ---------------------------------------------------------------- noise

    /** Sets whole channels, the last axis, to 0 with this probability in training and scales the others. */
    public static Noise spatialDropout(double probability) {
        return new Noise(Noise.Kind.SPATIAL_DROPOUT, probability);
    }

    /** Dropout that keeps mean 0 and variance 1 behind selu. */
    public static Noise alphaDropout(double probability) {
        return new Noise(Noise.Kind.ALPHA_DROPOUT, probability);
    }

    /** Adds normal numbers of this deviation in training. */
    public static Noise gaussianNoise(double deviation) {
        return new Noise(Noise.Kind.GAUSSIAN_NOISE, deviation);
    }

    /** Multiplies by normal numbers of mean 1 and variance p / (1 - p) in training. */
    public static Noise gaussianDropout(double probability) {
        return new Noise(Noise.Kind.GAUSSIAN_DROPOUT, probability);
    }

    /** Adds a penalty on what flows through to the loss. */
    public static ActivityRegularization activityRegularization(Regularizer regularizer) {
        return new ActivityRegularization(regularizer);
    }

    // ---------------------------------------------------------------- activations

    /** x for x above 0, else slope x. */
    public static ParametricActivation leakyRelu(double slope) {
        return new ParametricActivation(ParametricActivation.Kind.LEAKY_RELU, slope);
    }

    /** x for x above 0, else alpha (e^x - 1). */
    public static ParametricActivation elu(double alpha) {
        return new ParametricActivation(ParametricActivation.Kind.ELU, alpha);
    }

    /** x for x above 0, else alpha (e^(x / alpha) - 1). */
    public static ParametricActivation celu(double alpha) {
        return new ParametricActivation(ParametricActivation.Kind.CELU, alpha);
    }

    /** log(1 + e^(beta x)) / beta. */
    public static ParametricActivation softplus(double beta) {
        return new ParametricActivation(ParametricActivation.Kind.SOFTPLUS, beta);
    }

    /** x where x is above the threshold, else 0. */
    public static ParametricActivation thresholdedRelu(double threshold) {
        return new ParametricActivation(ParametricActivation.Kind.THRESHOLDED_RELU, threshold);
    }

    /** e^x / sum e^x along an axis. */
    public static ParametricActivation softmax(int axis) {
        return new ParametricActivation(ParametricActivation.Kind.SOFTMAX, axis);
    }

    /** x for x above 0, else alpha x with a trained alpha for each channel. */
    public static Prelu prelu() {
        return new Prelu();
    }

    /** a sigmoid(b) for the halves a and b of the last axis. */
    public static Glu glu() {
        return new Glu(Activation.SIGMOID);
    }

    /** a silu(b) for the halves a and b of the last axis. */
    public static Glu swiglu() {
        return new Glu(Activation.SILU);
    }

    // ---------------------------------------------------------------- normalization

    /** Normalises each example over groups of channels (last axis) and all positions. */
    public static GroupNorm groupNorm(int groups) {
        return new GroupNorm(groups);
    }

    /** Normalises each channel (last axis) of each example over all positions. */
    public static GroupNorm instanceNorm() {
        return GroupNorm.instance();
    }

    /** Scales each vector of the last axis to a root mean square of 1. */
    public static RmsNorm rmsNorm() {
        return new RmsNorm();
    }

    /** A layer whose kernel is a direction and a length for each output. */
    public static KernelNorm weightNorm(Layer layer) {
        return new KernelNorm(KernelNorm.Kind.WEIGHT, layer);
    }

    /** A layer whose kernel is divided by its largest singular value. */
    public static KernelNorm spectralNorm(Layer layer) {
        return new KernelNorm(KernelNorm.Kind.SPECTRAL, layer);
    }

    // ---------------------------------------------------------------- sequences and structure

    /** Masks the steps of (N, T, C) whose features all have this value; layers behind leave them out. */
    public static Masking masking(double padding) {
        return new Masking(padding);
    }

    /** A layer applied to each step: (N, T, ...) to (N, T, ...). */
    public static TimeDistributed timeDistributed(Layer layer) {
        return new TimeDistributed(layer);
    }

    /** Layers with a way around them: y = x + layers(x). */
    public static Residual residual(Layer... layers) {
        return new Residual(layers);
    }

    /** A function as a layer, without variables. */
    public static Lambda lambda(UnaryOperator<Tensor> function) {
        return new Lambda(function);
    }

    // ---------------------------------------------------------------- windows: convolution, pooling, borders

    /** Convolution of sequences: (N, T, C) to (N, P, filters). The window is one number or one for each axis. */
    public static Convolution conv1d(int filters, int... window) {
        return new Convolution(Convolution.Kind.PLAIN, filters, 1, window);
    }

    /** Convolution of images: (N, H, W, C) to (N, P, Q, filters). The window is one number or one for each axis. */
    public static Convolution conv2d(int filters, int... window) {
        return new Convolution(Convolution.Kind.PLAIN, filters, 2, window);
    }

    /** Convolution of volumes: (N, D, H, W, C) to (N, P, Q, R, filters). The window is one number or one for each axis. */
    public static Convolution conv3d(int filters, int... window) {
        return new Convolution(Convolution.Kind.PLAIN, filters, 3, window);
    }

    /** Transposed convolution of sequences, which enlarges by its strides. */
    public static Convolution convTranspose1d(int filters, int... window) {
        return new Convolution(Convolution.Kind.TRANSPOSED, filters, 1, window);
    }

    /** Transposed convolution of images, which enlarges by its strides. */
    public static Convolution convTranspose2d(int filters, int... window) {
        return new Convolution(Convolution.Kind.TRANSPOSED, filters, 2, window);
    }

    /** Transposed convolution of volumes, which enlarges by its strides. */
    public static Convolution convTranspose3d(int filters, int... window) {
        return new Convolution(Convolution.Kind.TRANSPOSED, filters, 3, window);
    }

    /** Convolution of each channel of sequences by itself, with so many results for each. */
    public static Convolution depthwiseConv1d(int multiplier, int... window) {
        return new Convolution(Convolution.Kind.DEPTHWISE, multiplier, 1, window);
    }

    /** Convolution of each channel of images by itself, with so many results for each. */
    public static Convolution depthwiseConv2d(int multiplier, int... window) {
        return new Convolution(Convolution.Kind.DEPTHWISE, multiplier, 2, window);
    }

    /** Convolution of each channel of volumes by itself, with so many results for each. */
    public static Convolution depthwiseConv3d(int multiplier, int... window) {
        return new Convolution(Convolution.Kind.DEPTHWISE, multiplier, 3, window);
    }

    /** A depthwise and a pointwise convolution of sequences. */
    public static SeparableConvolution separableConv1d(int filters, int... window) {
        return new SeparableConvolution(filters, 1, window);
    }

    /** A depthwise and a pointwise convolution of images. */
    public static SeparableConvolution separableConv2d(int filters, int... window) {
        return new SeparableConvolution(filters, 2, window);
    }

    /** A depthwise and a pointwise convolution of volumes. */
    public static SeparableConvolution separableConv3d(int filters, int... window) {
        return new SeparableConvolution(filters, 3, window);
    }

    /** The largest of each window of sequences. */
    public static Pooling maxPool1d(int... window) {
        return new Pooling(Pooling.Kind.MAX, 1, window);
    }

    /** The largest of each window of images. */
    public static Pooling maxPool2d(int... window) {
        return new Pooling(Pooling.Kind.MAX, 2, window);
    }

    /** The largest of each window of volumes. */
    public static Pooling maxPool3d(int... window) {
        return new Pooling(Pooling.Kind.MAX, 3, window);
    }

    /** The mean of each window of sequences. */
    public static Pooling avgPool1d(int... window) {
        return new Pooling(Pooling.Kind.AVERAGE, 1, window);
    }

    /** The mean of each window of images. */
    public static Pooling avgPool2d(int... window) {
        return new Pooling(Pooling.Kind.AVERAGE, 2, window);
    }

    /** The mean of each window of volumes. */
    public static Pooling avgPool3d(int... window) {
        return new Pooling(Pooling.Kind.AVERAGE, 3, window);
    }

    /** The largest of each of so many parts of sequences. */
    public static Pooling adaptiveMaxPool1d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_MAX, 1, parts);
    }

    /** The largest of each of so many parts of images. */
    public static Pooling adaptiveMaxPool2d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_MAX, 2, parts);
    }

    /** The largest of each of so many parts of volumes. */
    public static Pooling adaptiveMaxPool3d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_MAX, 3, parts);
    }

    /** The mean of each of so many parts of sequences. */
    public static Pooling adaptiveAvgPool1d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_AVERAGE, 1, parts);
    }

    /** The mean of each of so many parts of images. */
    public static Pooling adaptiveAvgPool2d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_AVERAGE, 2, parts);
    }

    /** The mean of each of so many parts of volumes. */
    public static Pooling adaptiveAvgPool3d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_AVERAGE, 3, parts);
    }

    /** The largest over all positions: (N, S..., C) to (N, C). */
    public static GlobalPooling globalMaxPool() {
        return new GlobalPooling(true);
    }

    /** The mean over all positions: (N, S..., C) to (N, C). */
    public static GlobalPooling globalAvgPool() {
        return new GlobalPooling(false);
    }

    /** Enlarges sequences by whole factors. */
    public static UpSampling upSampling1d(int... factors) {
        return new UpSampling(1, factors);
    }

    /** Enlarges images by whole factors. */
    public static UpSampling upSampling2d(int... factors) {
        return new UpSampling(2, factors);
    }

    /** Enlarges volumes by whole factors. */
    public static UpSampling upSampling3d(int... factors) {
        return new UpSampling(3, factors);
    }

    /** Zeros on both sides of the spatial axes of sequences. */
    public static Border zeroPadding1d(int... both) {
        return new Border(false, 1, both, both);
    }

    /** Zeros on both sides of the spatial axes of images. */
    public static Border zeroPadding2d(int... both) {
        return new Border(false, 2, both, both);
    }

    /** Zeros on both sides of the spatial axes of volumes. */
    public static Border zeroPadding3d(int... both) {
        return new Border(false, 3, both, both);
    }

    /** Positions cut off on both sides of the spatial axes of sequences. */
    public static Border cropping1d(int... both) {
        return new Border(true, 1, both, both);
    }

    /** Positions cut off on both sides of the spatial axes of images. */
    public static Border cropping2d(int... both) {
        return new Border(true, 2, both, both);
    }

    /** Positions cut off on both sides of the spatial axes of volumes. */
    public static Border cropping3d(int... both) {
        return new Border(true, 3, both, both);
    }

    // ---------------------------------------------------------------- attention

    /** Attention with so many heads: of a sequence (N, T, C) to itself, or to another one. */
    public static MultiHeadAttention multiHeadAttention(int heads) {
        return new MultiHeadAttention(heads);
    }

    /** Attention with scores v tanh(W q + U k) (Bahdanau). Inputs (N, T, C) and values (N, S, C2), output (N, T, C2). */
    public static AdditiveAttention additiveAttention(int units) {
        return new AdditiveAttention(units);
    }

    /** Attention with scores q W k (Luong). Inputs (N, T, C) and values (N, S, C2), output (N, T, C2). */
    public static MultiplicativeAttention multiplicativeAttention() {
        return new MultiplicativeAttention();
    }

    /** Turns pairs of columns by angles that grow with the position: (..., T, D). */
    public static RotaryEmbedding rotaryEmbedding() {
        return new RotaryEmbedding();
    }

    /** Adds sines and cosines of the position, or trained vectors: (N, T, C). */
    public static PositionalEncoding positionalEncoding() {
        return new PositionalEncoding();
    }

    /** Two dense layers with GELU between, or gated (SwiGLU): (..., C). */
    public static FeedForward feedForward(int hidden) {
        return new FeedForward(hidden);
    }

    /** Self-attention and a feed-forward layer: (N, T, C). */
    public static TransformerEncoderLayer transformerEncoderLayer(int heads, int hidden) {
        return new TransformerEncoderLayer(heads, hidden);
    }

    /** Self-attention, attention to a memory and a feed-forward layer: (N, T, C) and (N, S, C2). */
    public static TransformerDecoderLayer transformerDecoderLayer(int heads, int hidden) {
        return new TransformerDecoderLayer(heads, hidden);
    }

    /** A stack of encoder layers. */
    public static TransformerEncoder transformerEncoder(TransformerEncoderLayer... layers) {
        return new TransformerEncoder(List.of(layers));
    }

    /** A stack of decoder layers. */
    public static TransformerDecoder transformerDecoder(TransformerDecoderLayer... layers) {
        return new TransformerDecoder(List.of(layers));
    }

    /** A simple recurrent layer: sequences (N, T, in) to the last output (N, units). */
    public static SimpleRnn simpleRnn(int units) {
        return new SimpleRnn(units);
    }

    /** Long short-term memory: sequences (N, T, in) to the last output (N, units). */
    public static Lstm lstm(int units) {
        return new Lstm(units);
    }

    /** Gated recurrent units: sequences (N, T, in) to the last output (N, units). */
    public static Gru gru(int units) {
        return new Gru(units);
    }

    /** Two recurrent layers, the second from the last step to the first, their outputs side by side. */
    public static Bidirectional bidirectional(Recurrent<?> forward, Recurrent<?> backward) {
        return new Bidirectional(forward, backward);
    }
}
