package dev.lamina.nn;

import dev.lamina.core.DataException;
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
import java.util.Arrays;

/** Makes the ready layers from their descriptions. */
final class Catalogue {
    private Catalogue() {}

    static Layer layer(Config config) {
        return switch (config.type()) {
            case "dense" -> Dense.of(config);
            case "bilinear" -> Bilinear.of(config);
            case "flatten" -> new Flatten();
            case "embedding" -> Embedding.of(config);
            case "embeddingBag" -> EmbeddingBag.of(config);
            case "masking" -> Masking.of(config);
            case "timeDistributed" -> TimeDistributed.of(config);
            case "residual" -> Residual.of(config);
            case "simpleRnn" -> SimpleRnn.of(config);
            case "lstm" -> Lstm.of(config);
            case "gru" -> Gru.of(config);
            case "bidirectional" -> Bidirectional.of(config);
            case "convolution" -> Convolution.of(config);
            case "separableConvolution" -> SeparableConvolution.of(config);
            case "pooling" -> Pooling.of(config);
            case "globalPooling" -> GlobalPooling.of(config);
            case "upSampling" -> UpSampling.of(config);
            case "border" -> Border.of(config);
            case "network" -> Network.of(config);
            case "sequential" -> Sequential.of(config);
            default -> attention(config);
        };
    }

    private static Layer attention(Config config) {
        return switch (config.type()) {
            case "multiHeadAttention" -> MultiHeadAttention.of(config);
            case "additiveAttention" -> AdditiveAttention.of(config);
            case "multiplicativeAttention" -> MultiplicativeAttention.of(config);
            case "rotaryEmbedding" -> RotaryEmbedding.of(config);
            case "positionalEncoding" -> PositionalEncoding.of(config);
            case "feedForward" -> FeedForward.of(config);
            case "transformerEncoderLayer" -> TransformerEncoderLayer.of(config);
            case "transformerDecoderLayer" -> TransformerDecoderLayer.of(config);
            case "transformerEncoder" -> TransformerEncoder.of(config);
            case "transformerDecoder" -> TransformerDecoder.of(config);
            default -> small(config);
        };
    }

    /** Activations, normalizations, noise, and layers without variables. */
    private static Layer small(Config config) {
        return switch (config.type()) {
            case "activation" -> ActivationLayer.of(config);
            case "prelu" -> Prelu.of(config);
            case "glu" -> Glu.of(config);
            case "leakyRelu", "elu", "celu", "softplus", "thresholdedRelu", "softmax" ->
                ParametricActivation.of(config);
            case "batchNorm" -> BatchNorm.of(config);
            case "layerNorm" -> LayerNorm.of(config);
            case "rmsNorm" -> RmsNorm.of(config);
            case "groupNorm" -> GroupNorm.of(config);
            case "weightNorm", "spectralNorm" -> KernelNorm.of(config);
            case "dropout" -> Dropout.of(config);
            case "gaussianNoise", "gaussianDropout", "alphaDropout", "spatialDropout" -> Noise.of(config);
            case "activityRegularization" -> ActivityRegularization.of(config);
            case "add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot" ->
                Merge.of(config);
            case "reshape", "permute", "repeatVector" -> Rearrange.of(config);
            default -> throw unknown("layer", config.type());
        };
    }

    static Activation activation(String label) {
        return Arrays.stream(Activation.values())
                .filter(activation -> activation.label().equals(label))
                .findFirst()
                .orElseThrow(() -> unknown("activation", label));
    }

    static DataException unknown(String what, String name) {
        return new DataException("model file: expected a known " + what + ", got '" + name
                + "'; make the model in code and call loadWeights, or use a newer release");
    }
}
