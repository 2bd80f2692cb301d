import org.jspecify.annotations.NullMarked;

/** Layers, losses, metrics, optimizers and models. */
@NullMarked
module dev.lamina.nn {
    requires transitive dev.lamina.data;
    requires com.google.gson;
    requires static org.jspecify;

    exports dev.lamina.nn;
    exports dev.lamina.nn.layers;
    exports dev.lamina.nn.losses;
    exports dev.lamina.nn.metrics;
    exports dev.lamina.nn.optimizers;
}
