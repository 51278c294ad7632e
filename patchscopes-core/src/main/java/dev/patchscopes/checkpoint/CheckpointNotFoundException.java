package dev.patchscopes.checkpoint;

import java.nio.file.Path;

/** A directory, config.json or weights file that a checkpoint needs is not there. */
public final class CheckpointNotFoundException extends CheckpointException {

    private static final long serialVersionUID = 1L;

    CheckpointNotFoundException(Path file, String message) {
        super(file, message);
    }
}
