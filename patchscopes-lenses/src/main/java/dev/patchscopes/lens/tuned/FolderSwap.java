package dev.patchscopes.lens.tuned;

import dev.patchscopes.checkpoint.internal.FileClaim;
import dev.patchscopes.checkpoint.internal.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a folder in the place of another.
 *
 * <p>No system call does that in one step, so the old folder steps aside first, under a name that
 * {@link #readable} knows: a process that is killed in between leaves the old one to be read, and
 * never a mix. One saver at a time, of all threads and processes.
 */
final class FolderSwap {
    private static final Logger LOG = LoggerFactory.getLogger(FolderSwap.class);
    private static final int TRIES = 3000;
    private static final long PAUSE_MILLIS = 10;

    private final Path folder;
    private final Path old;
    private final Set<String> files;

    /**
     * @param folder the name that is to have the newest content, or a link to it, which stays one
     * @param files all that is ever in it
     */
    FolderSwap(Path folder, Set<String> files) throws IOException {
        this.folder = WholeFile.followed(folder).toAbsolutePath();
        this.old = beside("old");
        this.files = files;
    }

    private Path beside(String ending) {
        return folder.resolveSibling(".%s.%s".formatted(folder.getFileName(), ending));
    }

    /** A name for new content, on the same disk. */
    Path fresh() {
        return WholeFile.beside(folder);
    }

    /** The folder, or, if a save was killed when there was none, the one it was to replace. */
    Path readable() {
        if (Files.exists(folder) || !Files.isDirectory(old)) {
            return folder;
        }
        LOG.warn("{} is missing, for a save was killed; what it was to replace is read", folder);
        return old;
    }

    /**
     * The old folder is never mixed with the new one; if the new one cannot take its place, the old
     * one is put back. If it can and the old one cannot be deleted, that is only warned of.
     */
    void replaceBy(Path fresh) throws IOException {
        FileClaim claim = claim();
        try {
            if (!Files.exists(folder) && Files.exists(old)) {
                move(old, folder); // a save was killed
            }
            if (!Files.exists(folder)) {
                move(fresh, folder);
                return;
            }
            if (Files.exists(old)) {
                dispose(); // a save was killed
            }
            move(folder, old);
            try {
                move(fresh, folder);
            } catch (IOException | RuntimeException e) {
                putBack(e);
                throw e;
            }
            dispose();
        } finally {
            WholeFile.force(folder.getParent());
            claim.deleteAndClose();
        }
    }

    /** Under the name that means something no more, whatever becomes of it. */
    private void dispose() throws IOException {
        Path unwanted = WholeFile.beside(folder);
        move(old, unwanted);
        try {
            delete(unwanted);
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: what is replaced is left at {}: {}", folder, unwanted, e.toString());
        }
    }

    private FileClaim claim() throws IOException {
        for (int i = 0; i < TRIES; i++) {
            Optional<FileClaim> claim = FileClaim.take(beside("lock"));
            if (claim.isPresent()) {
                return claim.get();
            }
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new LensFileException(
                folder,
                "is being replaced by another process or thread; save it again when that ends");
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private void putBack(Exception cause) {
        try {
            move(old, folder);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e); // it names both paths, so that the content can be found
        }
    }

    /** Deletes what was begun; what hinders that does not hide why it was given up. */
    void discard(Path begun, Throwable cause) {
        try {
            delete(begun);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private void delete(Path unwanted) throws IOException {
        for (String name : files) {
            Files.deleteIfExists(unwanted.resolve(name));
        }
        Files.deleteIfExists(unwanted);
    }
}
