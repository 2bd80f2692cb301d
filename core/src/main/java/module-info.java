import org.jspecify.annotations.NullMarked;

/** Tensors, gradients and the compiler of Lamina. */
@NullMarked
module dev.lamina.core {
    requires static transitive java.desktop;
    requires static jdk.jfr;
    requires static org.jspecify;

    exports dev.lamina.core;
    exports dev.lamina.core.op;
    exports dev.lamina.core.compiler;
    exports dev.lamina.core.backend;
    exports dev.lamina.core.memory;
    exports dev.lamina.core.profile;

    uses dev.lamina.core.backend.Backend;
}
