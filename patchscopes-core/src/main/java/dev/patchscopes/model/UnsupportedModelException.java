package dev.patchscopes.model;

import dev.patchscopes.text.Quoting;

/**
 * Says that a model's {@code config.json} describes something this library cannot compute: an
 * unknown family, activation or position scheme, or numbers that do not fit together.
 *
 * <p>The message names the key, the value found and what would have been accepted.
 */
public final class UnsupportedModelException extends ModelException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was found, and what would have been accepted; control characters are
     *     replaced
     */
    public UnsupportedModelException(String message) {
        super(Quoting.printable(message));
    }
}
