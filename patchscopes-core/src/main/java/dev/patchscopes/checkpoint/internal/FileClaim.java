package dev.patchscopes.checkpoint.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open file that no other thread and no other process of this library has open as a claim.
 *
 * <p>The system frees the lock of a process that dies. While a process lives, Unix drops its lock
 * on a file as soon as the process closes <em>any</em> handle of that file, such as that of a
 * thread that was refused; so a claimed file is not opened a second time in the same process.
 */
public final class FileClaim implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FileClaim.class);

    /**
     * The files this process has claimed. Static, as what it stands for is: the system's locks
     * belong to the process, and not to whoever asked for them.
     */
    private static final Set<Object> CLAIMED = new HashSet<>();

    private final Path file;
    private final FileChannel channel;
    private final Object key;

    /** Guarded by {@link #CLAIMED}: by then the file may be somebody else's. */
    private boolean closed;

    private FileClaim(Path file, FileChannel channel, Object key) {
        this.file = file;
        this.channel = channel;
        this.key = key;
    }

    /**
     * Claims a file.
     *
     * @param file the file; made if it is not there
     * @return the claim, to be closed; empty if another thread or process has it
     * @throws IOException if it cannot be opened
     */
    public static Optional<FileClaim> take(Path file) throws IOException {
        synchronized (CLAIMED) { // nobody else claims it before the handle that made it is closed
            if (!Files.exists(file)) {
                try {
                    Files.createFile(file);
                } catch (FileAlreadyExistsException e) {
                    LOG.trace("another process made {} first", file);
                }
            }
            try {
                return takeExisting(file);
            } catch (NoSuchFileException e) { // deleted a moment ago by who had it
                return Optional.empty();
            }
        }
    }

    /**
     * Claims a file that is there.
     *
     * @param file the file
     * @return the claim, to be closed; empty if another thread or process has it
     * @throws IOException if it is missing or cannot be opened
     */
    public static Optional<FileClaim> takeExisting(Path file) throws IOException {
        synchronized (CLAIMED) {
            Object key = key(file);
            if (CLAIMED.contains(key)) {
                return Optional.empty();
            }
            Optional<FileClaim> claim = locked(file, key);
            claim.ifPresent(mine -> CLAIMED.add(key));
            return claim;
        }
    }

    private static Optional<FileClaim> locked(Path file, Object key) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            // The second look: the name may have been given to another file meanwhile.
            locked = Optional.ofNullable(channel.tryLock()).isPresent() && key(file).equals(key);
        } catch (NoSuchFileException e) { // deleted by who had it
            locked = false;
        } catch (OverlappingFileLockException e) { // somebody who does not claim files has it
            locked = false;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        return locked ? Optional.of(new FileClaim(file, channel, key)) : Optional.empty();
    }

    /** The file itself, whatever its names; where a system tells no such thing, its real path. */
    private static Object key(Path file) throws IOException {
        Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        return key == null ? file.toRealPath() : key;
    }

    /** {@return the file, to be read and written; closed with the claim} */
    public FileChannel channel() {
        return channel;
    }

    /**
     * Deletes the file and closes it, for one that is there to be claimed only. Who waits for it
     * notices that it has gone, and takes a new one.
     *
     * @throws IOException if it cannot be closed
     */
    public void deleteAndClose() throws IOException {
        synchronized (CLAIMED) {
            if (closed) {
                return;
            }
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.debug("{} is left: an open file cannot be deleted everywhere", file, e);
            } finally {
                close();
            }
        }
    }

    /** Closes the file, and leaves it to others; a second time does nothing. */
    @Override
    public void close() throws IOException {
        synchronized (CLAIMED) {
            if (closed) {
                return;
            }
            closed = true;
            try {
                channel.close();
            } finally {
                CLAIMED.remove(key);
            }
        }
    }
}
