import org.jspecify.annotations.NullMarked;

/** The CPU backend: runs plans on the cores of this machine. Core finds it by service, and by its name where it is wanted first. */
@NullMarked
module dev.lamina.cpu {
    requires transitive dev.lamina.core;
    requires static org.jspecify;

    exports dev.lamina.cpu;

    provides dev.lamina.core.backend.Backend with
            dev.lamina.cpu.CpuBackend;
}
