package dev.patchscopes.checkpoint;

import java.nio.file.Path;

/** A file is well formed as far as it was read, but uses something this reader does not support. */
public final class UnsupportedCheckpointException extends CheckpointException {

    private static final long serialVersionUID = 1L;

    UnsupportedCheckpointException(Path file, String message) {
        super(file, message);
    }
}
