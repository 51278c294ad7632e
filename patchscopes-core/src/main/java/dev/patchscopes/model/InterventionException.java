package dev.patchscopes.model;

/** An intervention that cannot be applied: a wrong shape, or one that never fired. */
public final class InterventionException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public InterventionException(String message) {
        super(message);
    }
}
