package dev.lamina.core;

/** A file or a value that is not what its format or its use promises. */
public class DataException extends LaminaException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an error with a one-line message.
     *
     * @param message what was expected, what came, and what to do
     */
    public DataException(String message) {
        super(message);
    }

    /**
     * Makes an error with a one-line message and the error below it.
     *
     * @param message what was expected, what came, and what to do
     * @param cause the error that led to this one
     */
    public DataException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    protected DataException withMessage(String message) {
        return new DataException(message);
    }
}
