package dev.patchscopes.corpus;

import java.io.IOException;

/** A file in a format that is not read here. */
final class UnreadableFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    UnreadableFormatException(String message) {
        super(message);
    }
}
