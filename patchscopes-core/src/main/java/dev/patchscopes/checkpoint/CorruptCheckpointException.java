package dev.patchscopes.checkpoint;

import java.nio.file.Path;

/** A file contradicts itself or its format: cut short, overwritten, or made to mislead. */
public final class CorruptCheckpointException extends CheckpointException {

    private static final long serialVersionUID = 1L;

    CorruptCheckpointException(Path file, String message) {
        super(file, message);
    }

    CorruptCheckpointException(Path file, String message, Throwable cause) {
        super(file, message, cause);
    }
}
