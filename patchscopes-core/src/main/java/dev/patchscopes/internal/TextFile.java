package dev.patchscopes.internal;

import dev.patchscopes.model.internal.WholeFile;
import java.io.IOException;
import java.nio.file.Path;

/** Text files in UTF-8, read and written at once; an interrupted thread does neither. */
public final class TextFile {
    private TextFile() {}

    /**
     * Reads a file.
     *
     * @param file the file
     * @return its text
     * @throws IOException if it cannot be read
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    public static String read(Path file) throws IOException {
        return WholeFile.text(file);
    }

    /**
     * Writes a file; under its name stands all of it or what stood there.
     *
     * @param file where to; replaced if it exists
     * @param text its text
     * @throws IOException if it cannot be written
     * @throws java.util.concurrent.CancellationException if this thread is interrupted
     */
    public static void write(Path file, String text) throws IOException {
        WholeFile.write(file, text);
    }
}
