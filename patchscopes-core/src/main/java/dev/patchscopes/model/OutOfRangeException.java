package dev.patchscopes.model;

/** A layer, block, head, row, position or token id the model does not have. */
public final class OutOfRangeException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public OutOfRangeException(String message) {
        super(message);
    }
}
