package dev.patchscopes.text;

/** Thrown when a prompt has no tokens at all, so that a model has nothing to read. */
public final class EmptyPromptException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was empty and what to do
     */
    public EmptyPromptException(String message) {
        super(message);
    }
}
