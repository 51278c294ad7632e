package dev.patchscopes.model;

/**
 * A file that a sweep cannot be resumed from: it is damaged, belongs to another sweep, or is in
 * use. It is left as it was; the message says what was found, what was expected, and the way out.
 */
public final class SweepJournalException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message the file, what was found, what was expected, the way out
     */
    public SweepJournalException(String message) {
        super(message);
    }
}
