package dev.patchscopes.model;

/** Weights that do not fit their {@code config.json}: a wrong shape, or tensors nothing uses. */
public final class WeightMismatchException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was found, what was expected, the way out
     */
    public WeightMismatchException(String message) {
        super(message);
    }
}
