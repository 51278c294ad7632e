package dev.patchscopes.examples.cli;

/** A model or a lens cannot be loaded. */
public final class LoadException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param cause why; its message is shown
     */
    public LoadException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
