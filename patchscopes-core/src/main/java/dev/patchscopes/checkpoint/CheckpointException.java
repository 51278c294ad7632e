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
    private static final int LONGEST_MESSAGE = 2000;
    private static final char UNPRINTABLE = '\ufffd';

    /** Where the trouble is; a string, because paths cannot be serialized. */
    private final String file;

    CheckpointException(Path file, String message) {
        super(printable(file + ": " + message));
        this.file = file.toString();
    }

    CheckpointException(Path file, String message, Throwable cause) {
        super(printable(file + ": " + message), cause);
        this.file = file.toString();
    }

    /** Names come from the file: they must not move a terminal's cursor or fill a log. */
    private static String printable(String message) {
        StringBuilder text = new StringBuilder();
        message.codePoints()
                .limit(LONGEST_MESSAGE)
                .map(c -> Character.isISOControl(c) ? UNPRINTABLE : c)
                .forEach(text::appendCodePoint);
        return message.length() <= LONGEST_MESSAGE ? text.toString() : text + "...";
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
