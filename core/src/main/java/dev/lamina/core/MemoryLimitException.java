package dev.lamina.core;

/** An allocation that does not fit in the memory limit, although all unreachable memory was collected first. */
public class MemoryLimitException extends LaminaException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an error with a one-line message.
     *
     * @param message what was expected, what came, and what to do
     */
    public MemoryLimitException(String message) {
        super(message);
    }

    /**
     * Makes an error with a one-line message and the error below it.
     *
     * @param message what was expected, what came, and what to do
     * @param cause the error that led to this one
     */
    public MemoryLimitException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    protected MemoryLimitException withMessage(String message) {
        return new MemoryLimitException(message);
    }
}
