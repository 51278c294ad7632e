package dev.patchscopes.text;

/** Thrown when a tokenizer's files are damaged or hold something this library cannot read. */
public final class TokenizerFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message the file and what is wrong with it; control characters are replaced
     */
    public TokenizerFormatException(String message) {
        super(Quoting.printable(message));
    }

    /**
     * Makes the exception with its cause.
     *
     * @param message the file and what is wrong with it; control characters are replaced
     * @param cause the parser's error
     */
    public TokenizerFormatException(String message, Throwable cause) {
        super(Quoting.printable(message), cause);
    }
}
