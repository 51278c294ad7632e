package dev.patchscopes.internal;

import dev.patchscopes.model.internal.WholeFile;
import java.io.IOException;
import java.nio.file.Path;

/** Text files in UTF-8, written at once. */
public final class TextFile {
    private TextFile() {}

    /**
     * Writes a file; under its name stands all of it or what stood there.
     *
     * @param file where to; replaced if it exists
     * @param text its text
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, String text) throws IOException {
        WholeFile.write(file, text);
    }
}
