import org.jspecify.annotations.NullMarked;

/** Datasets, batching inputs, and readers of files. */
@NullMarked
module dev.lamina.data {
    requires transitive dev.lamina.core;
    requires com.google.gson;
    requires de.siegmar.fastcsv;
    requires java.desktop;
    requires static org.jspecify;

    exports dev.lamina.data;
}
