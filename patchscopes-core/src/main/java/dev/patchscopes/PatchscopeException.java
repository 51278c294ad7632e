package dev.patchscopes;

import dev.patchscopes.model.ModelException;

/**
 * A patchscope that cannot be built or run: a part is missing, widths do not fit, a mapping gave no
 * usable vector. The message names the part and the way out.
 */
public final class PatchscopeException extends ModelException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was asked, what was allowed, the way out
     */
    public PatchscopeException(String message) {
        super(message);
    }
}
