package dev.patchscopes.checkpoint;

import java.nio.file.Path;

/**
 * A pickle asks for a function or class that loading weights does not need.
 *
 * <p>Nothing was called: the reader knows only a short list of names, and runs no Python.
 */
public final class ForbiddenPickleException extends CheckpointException {

    private static final long serialVersionUID = 1L;

    /** The refused name. */
    private final String global;

    ForbiddenPickleException(Path file, String global) {
        super(
                file,
                "the pickle asks for '"
                        + global
                        + "', which loading weights does not need; allowed are tensors, parameters,"
                        + " their storages and OrderedDict. Convert the checkpoint to safetensors"
                        + " if you trust its author");
        this.global = global;
    }

    /**
     * Returns the Python name that was refused.
     *
     * @return module and name, with a dot between them
     */
    public String global() {
        return global;
    }
}
