package dev.patchscopes.checkpoint.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes files that are under their names whole or not at all: beside the name first, then to the
 * disk, then moved. Whatever ends the process meanwhile, a reader finds the old file or the new. An
 * interrupt stops the writing of large files, and not that of texts.
 */
public final class WholeFile {

    private static final Logger LOG = LoggerFactory.getLogger(WholeFile.class);

    private WholeFile() {}

    /** What goes into a file. */
    @FunctionalInterface
    public interface Body {
        /**
         * Writes it.
         *
         * @param out an empty file
         * @throws IOException if the disk fails
         */
        void writeTo(FileChannel out) throws IOException;
    }

    /**
     * Writes text in UTF-8.
     *
     * @param file where to, replaced if it exists; its directory must exist
     * @param text the content
     * @throws IOException if it cannot be written; what was there is as it was
     */
    public static void write(Path file, CharSequence text) throws IOException {
        write(file, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes bytes.
     *
     * @param file where to, replaced if it exists; its directory must exist
     * @param bytes the content
     * @throws IOException if it cannot be written; what was there is as it was
     */
    public static void write(Path file, byte[] bytes) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                // An interrupt, by which a caller may have ended the work, closes the channel.
                interrupted |= Thread.interrupted();
                try {
                    put(file, bytes.length, out -> writeFully(out, ByteBuffer.wrap(bytes)));
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Writes a file that takes a while.
     *
     * <p>A link stays one, and the file it leads to is replaced. What is no file, such as a
     * terminal, cannot be replaced and is written to.
     *
     * @param file where to, replaced if it exists; its directory must exist
     * @param bytes how many there will be, for messages
     * @param body the content
     * @throws IOException if it cannot be written; what was there is as it was
     * @throws CancellationException if this thread is interrupted; what was there is as it was
     */
    public static void write(Path file, long bytes, Body body) throws IOException {
        try {
            put(file, bytes, body);
        } catch (ClosedByInterruptException e) {
            CancellationException stopped =
                    new CancellationException(
                            "the writing of %s was stopped by an interrupt of its thread"
                                    .formatted(file));
            stopped.initCause(e);
            throw stopped;
        }
    }

    private static void put(Path file, long bytes, Body body) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
            try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
                body.writeTo(out);
            }
            return;
        }
        replace(followed(file), bytes, body);
    }

    /**
     * Follows a link, so that what it leads to is replaced and not the link.
     *
     * @param path a file or folder, a link to one, or the name of one to come
     * @return where a link leads, or the path itself if it is none
     * @throws IOException if the link cannot be read
     */
    public static Path followed(Path path) throws IOException {
        if (!Files.isSymbolicLink(path)) {
            return path;
        }
        return Files.exists(path)
                ? path.toRealPath()
                : path.resolveSibling(Files.readSymbolicLink(path));
    }

    private static void replace(Path file, long bytes, Body body) throws IOException {
        Path temporary = beside(file);
        try {
            try (FileChannel out =
                    FileChannel.open(
                            temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                keepPermissions(file, temporary);
                body.writeTo(out);
                out.force(true);
            }
            move(temporary, file);
        } catch (IOException e) {
            Files.deleteIfExists(temporary); // the room it takes is not to count as taken
            throw FullDisk.explained(
                    e,
                    file,
                    bytes,
                    Files.exists(file) ? "what was there is as it was" : "nothing was written");
        } finally {
            Files.deleteIfExists(temporary);
        }
        force(file.toAbsolutePath().getParent());
    }

    /** Whoever could not read a file cannot read what replaces it. */
    private static void keepPermissions(Path from, Path to) {
        if (!Files.isRegularFile(from)) {
            return;
        }
        try {
            Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
        } catch (IOException | UnsupportedOperationException e) { // Windows, disks of Windows
            LOG.debug("{} gets the permissions of a new file", from, e);
        }
    }

    /**
     * Names a file that nobody else has.
     *
     * @param file a file or folder
     * @return a hidden name in the same directory; not of a temporary file of Java's, which nobody
     *     but its owner may read
     */
    public static Path beside(Path file) {
        Path absolute = file.toAbsolutePath();
        return absolute.resolveSibling(
                ".%s.%s.tmp".formatted(absolute.getFileName(), UUID.randomUUID()));
    }

    /**
     * Moves a file over what is there, if anything, so that nobody ever sees half of it.
     *
     * @param from a file
     * @param to a name in the same directory
     * @throws IOException if it cannot be moved
     */
    public static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /**
     * Makes names in a directory outlast a power cut, where the system can.
     *
     * @param directory whose names have changed
     */
    public static void force(Path directory) {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        } catch (IOException e) { // Windows opens no directories
            LOG.trace("the names in {} reach the disk when the system writes them", directory, e);
        }
    }

    /**
     * Writes all that is left of a buffer.
     *
     * @param out where to
     * @param bytes what
     * @throws IOException if the disk fails
     */
    public static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
