package dev.patchscopes.checkpoint.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps everyone else from one piece of content: other threads, and other processes.
 *
 * <p>The system frees the lock of a process that dies. The file stays, as {@code huggingface_hub}
 * leaves it: whoever waits on a deleted file waits beside those who made a new one.
 *
 * <p>On Linux, Python's locks of the same file are of another kind, which neither side sees of the
 * other. So the lock saves downloads, and correctness does not rest on it: content is put in place
 * whole, in one step, and only after its digest has been checked.
 */
final class CacheLock implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CacheLock.class);
    private static final long POLL_MILLIS = 10;
    private static final long TRIES_IN_SILENCE = 500;

    private final FileChannel channel;

    private CacheLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Waits for the lock.
     *
     * @param cancelled asked while waiting; true ends it
     * @throws CancellationException if that says so
     */
    static CacheLock take(Path file, BooleanSupplier cancelled)
            throws IOException, InterruptedException {
        Files.createDirectories(file.getParent());
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            for (long tries = 0; attempt(channel).isEmpty(); tries++) {
                if (tries == TRIES_IN_SILENCE) {
                    LOG.info("waiting for another download of the same file ({})", file);
                }
                if (cancelled.getAsBoolean()) {
                    throw new CancellationException("cancelled while waiting for " + file);
                }
                // Locks cannot be waited for together with a wish to stop.
                Thread.sleep(POLL_MILLIS);
            }
            return new CacheLock(channel);
        } catch (IOException | InterruptedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static Optional<FileLock> attempt(FileChannel channel) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock());
        } catch (OverlappingFileLockException e) { // another thread of this process has it
            return Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
