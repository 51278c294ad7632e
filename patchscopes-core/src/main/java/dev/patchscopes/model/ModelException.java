package dev.patchscopes.model;

/** Something asked of a model that it cannot do; the message names the thing and the way out. */
public class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public ModelException(String message) {
        super(message);
    }
}
