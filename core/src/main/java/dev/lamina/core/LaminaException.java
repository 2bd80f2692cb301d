package dev.lamina.core;

/**
 * The root of every error that Lamina throws on purpose.
 *
 * <p>The message is one line: {@code "<op or file>: expected <what>, got <what>; <what to do>"}. Shapes are written in
 * full. An outer layer that knows more about the place adds it in front with {@link #at(String)}.
 */
public class LaminaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an error with a one-line message.
     *
     * @param message what was expected, what came, and what to do
     */
    public LaminaException(String message) {
        super(message);
    }

    /**
     * Makes an error with a one-line message and the error below it.
     *
     * @param message what was expected, what came, and what to do
     * @param cause the error that led to this one
     */
    public LaminaException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Returns a copy of this error whose message starts with a place, for example a layer path.
     *
     * <p>The copy has the same class, cause and stack trace, so the trace still shows the line of the user.
     *
     * @param where the place, for example {@code "model/dense"}
     * @return an error with the message {@code "where: message"}
     */
    public final LaminaException at(String where) {
        LaminaException copy = withMessage(where + ": " + getMessage());
        Throwable cause = getCause();
        if (cause != null) {
            copy.initCause(cause);
        }
        for (Throwable suppressed : getSuppressed()) {
            copy.addSuppressed(suppressed);
        }
        copy.setStackTrace(getStackTrace());
        return copy;
    }

    /**
     * Makes a new error of the same class without a cause. Every subclass overrides this, so that {@link #at(String)}
     * keeps the class.
     *
     * @param message the message of the new error
     * @return the new error
     */
    protected LaminaException withMessage(String message) {
        return new LaminaException(message);
    }
}
