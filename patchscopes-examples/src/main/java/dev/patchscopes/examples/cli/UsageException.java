package dev.patchscopes.examples.cli;

/** The command was given something it cannot take; the message says what would do. */
public final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * A mistake.
     *
     * @param message what, and the way out
     */
    public UsageException(String message) {
        super(message);
    }
}
