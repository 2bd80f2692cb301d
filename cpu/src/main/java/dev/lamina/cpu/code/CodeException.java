package dev.lamina.cpu.code;

import java.io.Serial;

/** The system gives no executable memory. Whoever publishes code catches this and uses plain Java. */
public final class CodeException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    /** With the call that was refused. */
    public CodeException(String message) {
        super(message);
    }
}
