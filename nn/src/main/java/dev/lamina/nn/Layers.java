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

    /** x m / (1 - p) in training, each m 0 with probability p, else 1; x in inference (Srivastava and others 2014). */
    public static Dropout dropout(double probability) {
        return new Dropout(probability);
    }

    /** y[n, i] = x[n, ...], all axes of an example in one, in row-major order: (N, ...) to (N, product). */
    public static Flatten flatten() {
        return new Flatten();
    }

    /** An activation f as a layer of its own: y = f(x). */
    public static ActivationLayer activation(Activation activation) {
        return new ActivationLayer(activation);
    }

    /** gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel (last axis), over the batch; in inference running values (Ioffe and Szegedy 2015). */
    public static BatchNorm batchNorm() {
        return new BatchNorm();
    }

    /** gamma (x - mean) / sqrt(variance + epsilon) + beta over the last axis of each example (Ba and others 2016). */
    public static LayerNorm layerNorm() {
        return new LayerNorm();
    }

    /** y = table[x], a trained vector for each of {@code count} indices: integers (...) to (..., dimension). */
    public static Embedding embedding(int count, int dimension) {
        return new Embedding(count, dimension);
    }

    /** The mean of table[x] over a bag, or the sum or maximum: integers (N, L) to (N, dimension). */
    public static EmbeddingBag embeddingBag(int count, int dimension) {
        return new EmbeddingBag(count, dimension);
    }

    /** y_u = a W_u b + bias_u: (..., A) and (..., B) to (..., units). */
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

    /** y[n, t] = x[n]: each vector so many times, (N, D) to (N, count, D). */
    public static Rearrange repeatVector(int count) {
        return new Rearrange(Rearrange.Kind.REPEAT, count);
    }

    // ---------------------------------------------------------------- several inputs

    /** [x1, x2, ...], inputs one behind the other along the last axis. */
    public static Merge concatenate() {
        return concatenate(-1);
    }

    /** Inputs one behind the other along an axis. */
    public static Merge concatenate(int axis) {
        return new Merge(Merge.Kind.CONCATENATE, axis);
    }

    /** x1 + x2 + ..., the sum of the inputs. */
    public static Merge add() {
        return new Merge(Merge.Kind.ADD, -1);
    }

    /** x1 - x2, the first input minus the second. */
    public static Merge subtract() {
        return new Merge(Merge.Kind.SUBTRACT, -1);
    }

    /** x1 x2 ..., the product of the inputs, element by element. */
    public static Merge multiply() {
        return new Merge(Merge.Kind.MULTIPLY, -1);
    }

    /** (x1 + ... + xk) / k, the mean of the inputs. */
    public static Merge average() {
        return new Merge(Merge.Kind.AVERAGE, -1);
    }

    /** max(x1, x2, ...), element by element. */
    public static Merge maximum() {
        return new Merge(Merge.Kind.MAXIMUM, -1);
    }

    /** min(x1, x2, ...), element by element. */
    public static Merge minimum() {
        return new Merge(Merge.Kind.MINIMUM, -1);
    }

    /** sum over k of a[i, k] b[j, k], inner products along an axis: (N, A, K) and (N, B, K) to (N, A, B) for axis -1. */
    public static Merge dot(int axis) {
        return new Merge(Merge.Kind.DOT, axis);
    }

    // ---------------------------------------------------------------- noise

    /** x m / (1 - p) in training, m 0 with probability p for a whole channel (last axis) of an example, else 1 (Tompson and others 2015). */
    public static Noise spatialDropout(double probability) {
        return new Noise(Noise.Kind.SPATIAL_DROPOUT, probability);
    }

    /** a (x m - 1.7581 (1 - m)) + b in training, m 0 with probability p, a and b so that behind selu mean 0 and variance 1 stay. */
    public static Noise alphaDropout(double probability) {
        return new Noise(Noise.Kind.ALPHA_DROPOUT, probability);
    }

    /** x + e in training, e normal with mean 0 and this deviation. */
    public static Noise gaussianNoise(double deviation) {
        return new Noise(Noise.Kind.GAUSSIAN_NOISE, deviation);
    }

    /** x e in training, e normal with mean 1 and variance p / (1 - p) (Srivastava and others 2014). */
    public static Noise gaussianDropout(double probability) {
        return new Noise(Noise.Kind.GAUSSIAN_DROPOUT, probability);
    }

    /** x; adds (l1 sum |x| + l2 sum x^2) / N to the loss in training. */
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

    /** gamma (x - mean) / sqrt(variance + epsilon) + beta over each group of channels (last axis) and all positions of an example (Wu and He 2018). */
    public static GroupNorm groupNorm(int groups) {
        return new GroupNorm(groups);
    }

    /** gamma (x - mean) / sqrt(variance + epsilon) + beta over all positions of each channel (last axis) of an example (Ulyanov and others 2016). */
    public static GroupNorm instanceNorm() {
        return GroupNorm.instance();
    }

    /** gamma x / sqrt(mean(x^2) + epsilon) over the last axis (Zhang and Sennrich 2019). */
    public static RmsNorm rmsNorm() {
        return new RmsNorm();
    }

    /** A layer whose kernel is g v / |v|, a length and a direction for each output (Salimans and Kingma 2016). */
    public static KernelNorm weightNorm(Layer layer) {
        return new KernelNorm(KernelNorm.Kind.WEIGHT, layer);
    }

    /** A layer whose kernel is divided by its largest singular value, found by power iteration (Miyato and others 2018). */
    public static KernelNorm spectralNorm(Layer layer) {
        return new KernelNorm(KernelNorm.Kind.SPECTRAL, layer);
    }

    // ---------------------------------------------------------------- sequences and structure

    /** Masks the steps of (N, T, C) whose features all equal this value; layers behind leave them out. */
    public static Masking masking(double padding) {
        return new Masking(padding);
    }

    /** y[:, t] = layer(x[:, t]) with one set of variables: (N, T, ...) to (N, T, ...). */
    public static TimeDistributed timeDistributed(Layer layer) {
        return new TimeDistributed(layer);
    }

    /** y = x + layers(x), layers with a way around them (He and others 2016). */
    public static Residual residual(Layer... layers) {
        return new Residual(layers);
    }

    /** y = f(x), any function as a layer, without variables. */
    public static Lambda lambda(UnaryOperator<Tensor> function) {
        return new Lambda(function);
    }

    // ---------------------------------------------------------------- windows: convolution, pooling, borders

    /** Convolution of sequences: y[p] = activation(sum over taps t of x[stride p + dilation t - padding] kernel[t] + bias), (N, T, C) to (N, P, filters). */
    public static Convolution conv1d(int filters, int... window) {
        return new Convolution(Convolution.Kind.PLAIN, filters, 1, window);
    }

    /** Convolution of images: y[p] = activation(sum over taps t of x[stride p + dilation t - padding] kernel[t] + bias), (N, H, W, C) to (N, P, Q, filters). */
    public static Convolution conv2d(int filters, int... window) {
        return new Convolution(Convolution.Kind.PLAIN, filters, 2, window);
    }

    /** Convolution of volumes: y[p] = activation(sum over taps t of x[stride p + dilation t - padding] kernel[t] + bias), (N, D, H, W, C) to (N, P, Q, R, filters). */
    public static Convolution conv3d(int filters, int... window) {
        return new Convolution(Convolution.Kind.PLAIN, filters, 3, window);
    }

    /** Transposed convolution of sequences, the gradient of a convolution: x[p] kernel[t] is added up at stride p + t, (N, T, C) to (N, P, filters). */
    public static Convolution convTranspose1d(int filters, int... window) {
        return new Convolution(Convolution.Kind.TRANSPOSED, filters, 1, window);
    }

    /** Transposed convolution of images, the gradient of a convolution: x[p] kernel[t] is added up at stride p + t, (N, H, W, C) to (N, P, Q, filters). */
    public static Convolution convTranspose2d(int filters, int... window) {
        return new Convolution(Convolution.Kind.TRANSPOSED, filters, 2, window);
    }

    /** Transposed convolution of volumes, the gradient of a convolution: x[p] kernel[t] is added up at stride p + t, (N, D, H, W, C) to (N, P, Q, R, filters). */
    public static Convolution convTranspose3d(int filters, int... window) {
        return new Convolution(Convolution.Kind.TRANSPOSED, filters, 3, window);
    }

    /** Convolution of each channel of sequences by itself: y[p, c m + j] = sum over t of x[p + t, c] kernel[t, c m + j], m results for each. */
    public static Convolution depthwiseConv1d(int multiplier, int... window) {
        return new Convolution(Convolution.Kind.DEPTHWISE, multiplier, 1, window);
    }

    /** Convolution of each channel of images by itself: y[p, c m + j] = sum over t of x[p + t, c] kernel[t, c m + j], m results for each. */
    public static Convolution depthwiseConv2d(int multiplier, int... window) {
        return new Convolution(Convolution.Kind.DEPTHWISE, multiplier, 2, window);
    }

    /** Convolution of each channel of volumes by itself: y[p, c m + j] = sum over t of x[p + t, c] kernel[t, c m + j], m results for each. */
    public static Convolution depthwiseConv3d(int multiplier, int... window) {
        return new Convolution(Convolution.Kind.DEPTHWISE, multiplier, 3, window);
    }

    /** A depthwise convolution of sequences, then a product with a matrix of channels (Chollet 2017): y = activation((x * depthwise) kernel + bias). */
    public static SeparableConvolution separableConv1d(int filters, int... window) {
        return new SeparableConvolution(filters, 1, window);
    }

    /** A depthwise convolution of images, then a product with a matrix of channels (Chollet 2017): y = activation((x * depthwise) kernel + bias). */
    public static SeparableConvolution separableConv2d(int filters, int... window) {
        return new SeparableConvolution(filters, 2, window);
    }

    /** A depthwise convolution of volumes, then a product with a matrix of channels (Chollet 2017): y = activation((x * depthwise) kernel + bias). */
    public static SeparableConvolution separableConv3d(int filters, int... window) {
        return new SeparableConvolution(filters, 3, window);
    }

    /** max of x over each window of sequences, (N, T, C) to (N, P, C). */
    public static Pooling maxPool1d(int... window) {
        return new Pooling(Pooling.Kind.MAX, 1, window);
    }

    /** max of x over each window of images, (N, H, W, C) to (N, P, Q, C). */
    public static Pooling maxPool2d(int... window) {
        return new Pooling(Pooling.Kind.MAX, 2, window);
    }

    /** max of x over each window of volumes, (N, D, H, W, C) to (N, P, Q, R, C). */
    public static Pooling maxPool3d(int... window) {
        return new Pooling(Pooling.Kind.MAX, 3, window);
    }

    /** sum of x over each window of sequences / number of its elements, (N, T, C) to (N, P, C). */
    public static Pooling avgPool1d(int... window) {
        return new Pooling(Pooling.Kind.AVERAGE, 1, window);
    }

    /** sum of x over each window of images / number of its elements, (N, H, W, C) to (N, P, Q, C). */
    public static Pooling avgPool2d(int... window) {
        return new Pooling(Pooling.Kind.AVERAGE, 2, window);
    }

    /** sum of x over each window of volumes / number of its elements, (N, D, H, W, C) to (N, P, Q, R, C). */
    public static Pooling avgPool3d(int... window) {
        return new Pooling(Pooling.Kind.AVERAGE, 3, window);
    }

    /** max over each of P parts of sequences; part i is from floor(i T / P) to ceil((i + 1) T / P). */
    public static Pooling adaptiveMaxPool1d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_MAX, 1, parts);
    }

    /** max over each of P parts of images; part i is from floor(i T / P) to ceil((i + 1) T / P). */
    public static Pooling adaptiveMaxPool2d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_MAX, 2, parts);
    }

    /** max over each of P parts of volumes; part i is from floor(i T / P) to ceil((i + 1) T / P). */
    public static Pooling adaptiveMaxPool3d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_MAX, 3, parts);
    }

    /** Mean over each of P parts of sequences; part i is from floor(i T / P) to ceil((i + 1) T / P). */
    public static Pooling adaptiveAvgPool1d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_AVERAGE, 1, parts);
    }

    /** Mean over each of P parts of images; part i is from floor(i T / P) to ceil((i + 1) T / P). */
    public static Pooling adaptiveAvgPool2d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_AVERAGE, 2, parts);
    }

    /** Mean over each of P parts of volumes; part i is from floor(i T / P) to ceil((i + 1) T / P). */
    public static Pooling adaptiveAvgPool3d(int... parts) {
        return new Pooling(Pooling.Kind.ADAPTIVE_AVERAGE, 3, parts);
    }

    /** max over all positions (over real steps, with a mask): (N, S..., C) to (N, C). */
    public static GlobalPooling globalMaxPool() {
        return new GlobalPooling(true);
    }

    /** Mean over all positions (over real steps, with a mask): (N, S..., C) to (N, C). */
    public static GlobalPooling globalAvgPool() {
        return new GlobalPooling(false);
    }

    /** y[i] = x[floor(i / factor)] along the axes of sequences; {@code .linear()}: between the two nearest centres. */
    public static UpSampling upSampling1d(int... factors) {
        return new UpSampling(1, factors);
    }

    /** y[i] = x[floor(i / factor)] along the axes of images; {@code .linear()}: between the two nearest centres. */
    public static UpSampling upSampling2d(int... factors) {
        return new UpSampling(2, factors);
    }

    /** y[i] = x[floor(i / factor)] along the axes of volumes; {@code .linear()}: between the two nearest centres. */
    public static UpSampling upSampling3d(int... factors) {
        return new UpSampling(3, factors);
    }

    /** Zeros on both sides of the spatial axes of sequences: y[i] = x[i - before], else 0. */
    public static Border zeroPadding1d(int... both) {
        return new Border(false, 1, both, both);
    }

    /** Zeros on both sides of the spatial axes of images: y[i] = x[i - before], else 0. */
    public static Border zeroPadding2d(int... both) {
        return new Border(false, 2, both, both);
    }

    /** Zeros on both sides of the spatial axes of volumes: y[i] = x[i - before], else 0. */
    public static Border zeroPadding3d(int... both) {
        return new Border(false, 3, both, both);
    }

    /** Positions cut off on both sides of the spatial axes of sequences: y[i] = x[i + before]. */
    public static Border cropping1d(int... both) {
        return new Border(true, 1, both, both);
    }

    /** Positions cut off on both sides of the spatial axes of images: y[i] = x[i + before]. */
    public static Border cropping2d(int... both) {
        return new Border(true, 2, both, both);
    }

    /** Positions cut off on both sides of the spatial axes of volumes: y[i] = x[i + before]. */
    public static Border cropping3d(int... both) {
        return new Border(true, 3, both, both);
    }

    // ---------------------------------------------------------------- attention

    /** softmax(Q K^T / sqrt(d)) V for each head, then a product with all heads: of a sequence (N, T, C) to itself, or to another one (Vaswani and others 2017). */
    public static MultiHeadAttention multiHeadAttention(int heads) {
        return new MultiHeadAttention(heads);
    }

    /** softmax(v tanh(W q + U k)) V (Bahdanau and others 2015). Inputs (N, T, C) and values (N, S, C2), output (N, T, C2). */
    public static AdditiveAttention additiveAttention(int units) {
        return new AdditiveAttention(units);
    }

    /** softmax(q W k) V (Luong and others 2015); {@code .dot()}: q k. Inputs (N, T, C) and values (N, S, C2), output (N, T, C2). */
    public static MultiplicativeAttention multiplicativeAttention() {
        return new MultiplicativeAttention();
    }

    /** Turns pair i of D columns at position t by the angle t 10000^(-2 i / D) (Su and others 2021): (..., T, D). */
    public static RotaryEmbedding rotaryEmbedding() {
        return new RotaryEmbedding();
    }

    /** x + sin(t / 10000^(2 i / C)) in columns 2 i, x + cos(...) in 2 i + 1, or x + trained vectors: (N, T, C). */
    public static PositionalEncoding positionalEncoding() {
        return new PositionalEncoding();
    }

    /** gelu(x W + b) V + c, or gated, (silu(x W) (x U)) V: (..., C). */
    public static FeedForward feedForward(int hidden) {
        return new FeedForward(hidden);
    }

    /** h = norm(x + attention(x)), y = norm(h + feedForward(h)), or with the norms in front: (N, T, C). */
    public static TransformerEncoderLayer transformerEncoderLayer(int heads, int hidden) {
        return new TransformerEncoderLayer(heads, hidden);
    }

    /** As the encoder layer with attention to a memory between: (N, T, C) and (N, S, C2). */
    public static TransformerDecoderLayer transformerDecoderLayer(int heads, int hidden) {
        return new TransformerDecoderLayer(heads, hidden);
    }

    /** y = layer_n(... layer_1(x)), a stack of encoder layers, perhaps with a norm behind: (N, T, C). */
    public static TransformerEncoder transformerEncoder(TransformerEncoderLayer... layers) {
        return new TransformerEncoder(List.of(layers));
    }

    /** y = layer_n(... layer_1(x, m), m), a stack of decoder layers: (N, T, C) and (N, S, C2). */
    public static TransformerDecoder transformerDecoder(TransformerDecoderLayer... layers) {
        return new TransformerDecoder(List.of(layers));
    }

    /** h_t = tanh(x_t W + h_(t-1) U + b): sequences (N, T, in) to the last h (N, units), or to all. */
    public static SimpleRnn simpleRnn(int units) {
        return new SimpleRnn(units);
    }

    /** c_t = f c_(t-1) + i tanh(g), h_t = o tanh(c_t), with sigmoids i, f, o and g of x_t W + h_(t-1) U + b: (N, T, in) to the last h (N, units), or to all. */
    public static Lstm lstm(int units) {
        return new Lstm(units);
    }

    /** h_t = (1 - z) n + z h_(t-1), n = tanh(x_t W_n + r (h_(t-1) U_n + b_n)), z and r sigmoids: (N, T, in) to the last h (N, units), or to all. */
    public static Gru gru(int units) {
        return new Gru(units);
    }

    /** [forward(x), backward(x)], the second from the last step to the first, outputs side by side. */
    public static Bidirectional bidirectional(Recurrent<?> forward, Recurrent<?> backward) {
        return new Bidirectional(forward, backward);
    }
}
