package dev.patchscopes.text;

/** Thrown for a token id that is not in the tokenizer's vocabulary. */
public final class UnknownTokenException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message the id and the range of ids there are
     */
    public UnknownTokenException(String message) {
        super(message);
    }
}
