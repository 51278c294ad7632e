package dev.patchscopes.lens.tuned;

import java.nio.file.Path;

/** Says that a folder does not hold a tuned lens of the model, and why. */
public final class LensFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LensFileException(Path file, String message) {
        super(file + ": " + message);
    }

    LensFileException(Path file, String message, Throwable cause) {
        super(file + ": " + message, cause);
    }
}
