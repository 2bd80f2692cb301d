import org.jspecify.annotations.NullMarked;

/** Measurements; not published. */
@NullMarked
module dev.lamina.bench {
    requires transitive dev.lamina.cpu;
    requires dev.lamina.nn;
    requires static org.jspecify;

    exports dev.lamina.bench;

    uses dev.lamina.core.backend.Backend;
    uses dev.lamina.bench.Peers;

    provides dev.lamina.core.backend.Backend with
            dev.lamina.bench.OneThread;
}
