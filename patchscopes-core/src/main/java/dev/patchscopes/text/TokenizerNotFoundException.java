package dev.patchscopes.text;

/** Thrown when a model directory holds no tokenizer this library can read. */
public final class TokenizerNotFoundException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was looked for, what was found and what to do
     */
    public TokenizerNotFoundException(String message) {
        super(message);
    }
}
