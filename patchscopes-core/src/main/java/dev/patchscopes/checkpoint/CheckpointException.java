package dev.patchscopes.checkpoint;

import java.nio.file.Path;

/**
 * Says that a checkpoint cannot be read, and why: which file, which part of it, what was found and
 * what would have been accepted.
 *
 * <p>Failures of the disk itself (not of the content) are {@link java.io.UncheckedIOException}s.
 */
public abstract sealed class CheckpointException extends RuntimeException
        permits CheckpointNotFoundException,
                ConfigException,
                CorruptCheckpointException,
                ForbiddenPickleException,
                MissingTensorException,
                UnsupportedCheckpointException {

    private static final long serialVersionUID = 1L;

    /** Where the trouble is; a string, because paths cannot be serialized. */
    private final String file;

    CheckpointException(Path file, String message) {
        super(file + ": " + message);
        this.file = file.toString();
    }

    CheckpointException(Path file, String message, Throwable cause) {
        super(file + ": " + message, cause);
        this.file = file.toString();
    }

    /**
     * Returns the file or directory at fault.
     *
     * @return the path as it was opened
     */
    public final Path file() {
        return Path.of(file);
    }
}
