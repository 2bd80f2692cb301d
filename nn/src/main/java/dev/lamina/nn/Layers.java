package dev.lamina.nn;

import dev.lamina.nn.layers.ActivationLayer;
import dev.lamina.nn.layers.BatchNorm;
import dev.lamina.nn.layers.Dense;
import dev.lamina.nn.layers.Dropout;
import dev.lamina.nn.layers.Embedding;
import dev.lamina.nn.layers.Flatten;
import dev.lamina.nn.layers.LayerNorm;

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
}
