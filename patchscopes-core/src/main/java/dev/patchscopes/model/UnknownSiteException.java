package dev.patchscopes.model;

/** A site the model does not have, such as resid_mid in parallel blocks. */
public final class UnknownSiteException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public UnknownSiteException(String message) {
        super(message);
    }
}
