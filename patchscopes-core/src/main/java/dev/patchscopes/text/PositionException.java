package dev.patchscopes.text;

/**
 * Thrown when {@link Positions} do not fit a prompt: text that is not there or is there more than
 * once, an index out of range, an empty range. The message lists the prompt's tokens.
 */
public final class PositionException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what the prompt holds and what to do
     */
    public PositionException(String message) {
        super(message);
    }
}
