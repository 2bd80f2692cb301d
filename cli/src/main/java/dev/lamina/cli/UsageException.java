package dev.lamina.cli;

/** The command line cannot be understood or asks for something impossible: exit code 2. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The message is one line, without the name of the command. */
    UsageException(String message) {
        super(message);
    }
}
