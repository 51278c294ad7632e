package dev.patchscopes.model;

/** A prompt, with what is to be generated, exceeds the model's context. */
public final class PromptTooLongException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public PromptTooLongException(String message) {
        super(message);
    }
}
