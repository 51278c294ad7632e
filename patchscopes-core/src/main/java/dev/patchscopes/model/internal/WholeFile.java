package dev.patchscopes.model.internal;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.CancellationException;

/** Files read and written at once: under its name stands all of a file or what stood there. */
public final class WholeFile {
    private WholeFile() {}

    /**
     * Writes a file.
     *
     * @param file where to; replaced if it exists
     * @param content its bytes
     * @throws IOException if it cannot be written
     * @throws CancellationException if this thread is interrupted
     */
    public static void write(Path file, byte[] content) throws IOException {
        // what a link points to is replaced, not the link
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        try {
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                Files.write(target, content); // a terminal, a pipe
            } else {
                replace(target, content);
            }
        } catch (ClosedByInterruptException e) {
            throw stopped("the writing of ", file, e);
        }
    }

    /**
     * Writes a text file in UTF-8.
     *
     * @param file where to; replaced if it exists
     * @param content its text
     * @throws IOException if it cannot be written
     * @throws CancellationException if this thread is interrupted
     */
    public static void write(Path file, String content) throws IOException {
        write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    private static void replace(Path target, byte[] content) throws IOException {
        Path temporary =
                target.resolveSibling(".%s.%s".formatted(target.getFileName(), UUID.randomUUID()));
        try {
            Files.write(temporary, content, StandardOpenOption.CREATE_NEW);
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Reads a text file in UTF-8.
     *
     * @param file the file
     * @return its text
     * @throws IOException if it cannot be read
     * @throws CancellationException if this thread is interrupted
     */
    public static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (ClosedByInterruptException e) {
            throw stopped("the reading of ", file, e);
        }
    }

    private static CancellationException stopped(
            String what, Path file, ClosedByInterruptException cause) {
        CancellationException stopped =
                new CancellationException(
                        what + file + " was stopped by an interrupt of its thread");
        stopped.initCause(cause);
        return stopped;
    }
}
