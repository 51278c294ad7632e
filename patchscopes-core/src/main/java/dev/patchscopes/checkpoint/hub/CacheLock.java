package dev.patchscopes.checkpoint.hub;

import dev.patchscopes.checkpoint.internal.FileClaim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * other. So the lock saves downloads, and correctness does not rest on it: what arrives is written
 * to a file that Python does not know, and put in place whole, in one step, and only after its
 * digest has been checked.
 */
final class CacheLock implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CacheLock.class);
    private static final long POLL_MILLIS = 10;
    private static final long TRIES_IN_SILENCE = 500;

    private final FileClaim claim;

    private CacheLock(FileClaim claim) {
        this.claim = claim;
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
        for (long tries = 0; ; tries++) {
            Optional<FileClaim> claim = FileClaim.take(file);
            if (claim.isPresent()) {
                return new CacheLock(claim.get());
            }
            if (tries == TRIES_IN_SILENCE) {
                LOG.info("waiting for another download of the same file ({})", file);
            }
            if (cancelled.getAsBoolean()) {
                throw new CancellationException("cancelled while waiting for " + file);
            }
            // Locks cannot be waited for together with a wish to stop.
            Thread.sleep(POLL_MILLIS);
        }
    }

    @Override
    public void close() throws IOException {
        claim.close();
    }
}
