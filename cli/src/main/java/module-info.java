import org.jspecify.annotations.NullMarked;

/** The lamina command. */
@NullMarked
module dev.lamina.cli {
    requires dev.lamina.nn;
    requires com.google.gson;
    requires info.picocli;
    requires static org.jspecify;

    uses dev.lamina.core.backend.Backend;

    opens dev.lamina.cli to
            info.picocli;
}
