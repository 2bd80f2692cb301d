package dev.lamina.core;

/** Shapes, axes or indices that do not fit an operation. */
public class ShapeException extends LaminaException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an error with a one-line message.
     *
     * @param message what was expected, what came, and what to do
     */
    public ShapeException(String message) {
        super(message);
    }

    /**
     * Makes an error with a one-line message and the error below it.
     *
     * @param message what was expected, what came, and what to do
     * @param cause the error that led to this one
     */
    public ShapeException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    protected ShapeException withMessage(String message) {
        return new ShapeException(message);
    }
}
