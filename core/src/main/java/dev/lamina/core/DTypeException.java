package dev.lamina.core;

/** Data types that an operation does not take, or does not take together. */
public class DTypeException extends LaminaException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an error with a one-line message.
     *
     * @param message what was expected, what came, and what to do
     */
    public DTypeException(String message) {
        super(message);
    }

    /**
     * Makes an error with a one-line message and the error below it.
     *
     * @param message what was expected, what came, and what to do
     * @param cause the error that led to this one
     */
    public DTypeException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    protected DTypeException withMessage(String message) {
        return new DTypeException(message);
    }
}
