package dev.patchscopes.model;

/** A model was used after it was closed. */
public final class ModelClosedException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public ModelClosedException(String message) {
        super(message);
    }
}
