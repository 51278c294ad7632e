package dev.patchscopes.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * A file read at given positions by any number of threads.
 *
 * <p>Positional reads, not a mapping: a file cut short under a mapping kills the process, and
 * mapped pages count as resident memory until the collector unmaps them.
 */
final class DataFile implements Closeable {

    /**
     * For heap destinations the JDK keeps a native buffer per thread as long as the longest read.
     */
    private static final int LONGEST_HEAP_READ = 1 << 18;

    private final Path path;
    private final long size;
    private final Object fileKey;
    private volatile FileChannel channel;
    private volatile boolean closed;

    private DataFile(Path path, FileChannel channel, long size, Object fileKey) {
        this.path = path;
        this.channel = channel;
        this.size = size;
        this.fileKey = fileKey;
    }

    /** Opens a regular file; anything else (a pipe would block for ever) counts as missing. */
    static DataFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new CheckpointNotFoundException(
                    path, Files.exists(path) ? "is not a regular file" : "there is no such file");
        }
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new DataFile(path, channel, attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /** Fills the buffer from {@code position} on, or throws. */
    void read(long position, ByteBuffer destination) {
        int limit = destination.limit();
        int start = destination.position();
        while (destination.position() < limit) {
            if (!destination.isDirect()) {
                int step = Math.min(LONGEST_HEAP_READ, limit - destination.position());
                destination.limit(destination.position() + step);
            }
            int read;
            try {
                read = readOnce(destination, position + destination.position() - start);
            } catch (IOException e) {
                throw new UncheckedIOException(path.toString(), e);
            } finally {
                destination.limit(limit);
            }
            if (read < 0) {
                throw new CorruptCheckpointException(
                        path,
                        "the file ends before byte "
                                + (position + limit - start)
                                + "; it was "
                                + size
                                + " bytes long when it was opened");
            }
        }
    }

    /** Reads {@code length} bytes, which the caller has checked against the file's size. */
    byte[] read(long position, int length) {
        byte[] bytes = new byte[length];
        read(position, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /**
     * One read. An interrupt closes a FileChannel under all its readers; since the channel is
     * shared, it is opened again and the read repeated, and the interrupt stays set for the caller.
     */
    private int readOnce(ByteBuffer destination, long position) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                FileChannel used = channel;
                int before = destination.position();
                try {
                    return used.read(destination, position);
                } catch (ClosedByInterruptException e) {
                    interrupted = Thread.interrupted() || interrupted;
                    destination.position(before);
                    reopen(used);
                } catch (ClosedChannelException e) {
                    destination.position(before);
                    reopen(used);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void reopen(FileChannel broken) throws IOException {
        if (closed) {
            throw new IllegalStateException(
                    path + ": the checkpoint was closed; read its tensors before closing it");
        }
        if (channel != broken) {
            return;
        }
        BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
        if (now.size() != size || !Objects.equals(now.fileKey(), fileKey)) {
            throw new CorruptCheckpointException(path, "the file was replaced while it was open");
        }
        channel = FileChannel.open(path, StandardOpenOption.READ);
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }
}
