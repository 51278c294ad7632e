package dev.patchscopes.checkpoint.hub;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One repository's folder in the cache, laid out as {@code huggingface_hub} does.
 *
 * <pre>
 * models--org--name/blobs/DIGEST                content
 * models--org--name/blobs/DIGEST.patchscopes.incomplete   content that has arrived so far
 * models--org--name/refs/REVISION               the commit it stands for
 * models--org--name/snapshots/COMMIT/FILE       link to ../../blobs/DIGEST, or the content itself
 * models--org--name/.no_exist/COMMIT/FILE       empty: the commit has no such file
 * .locks/models--org--name/DIGEST.lock
 * </pre>
 */
final class RepositoryCache {

    private static final Logger LOG = LoggerFactory.getLogger(RepositoryCache.class);
    private static final int LONGEST_REF = 100;

    /**
     * Not {@code .incomplete}, to which Python appends whatever arrives: it and this library do not
     * see each other's locks, and if both wrote to one file, Python would go on appending to it
     * after this library has found it right and moved it to its final name.
     */
    private static final String INCOMPLETE = ".patchscopes.incomplete";

    private final HubSettings settings;
    private final Host host;
    private final Path folder;
    private final Path locks;

    RepositoryCache(HubSettings settings, Host host, RepositoryId id) {
        this.settings = settings;
        this.host = host;
        Path cache = settings.cache().toAbsolutePath().normalize();
        this.folder = cache.resolve(id.folder());
        this.locks = cache.resolve(".locks").resolve(id.folder());
    }

    Path folder() {
        return folder;
    }

    Path blob(String digest) {
        return SafeNames.within(folder.resolve("blobs"), digest, "the ETag");
    }

    Path incomplete(String digest) {
        return SafeNames.within(folder.resolve("blobs"), digest + INCOMPLETE, "the ETag");
    }

    Path snapshot(String commit) {
        return SafeNames.within(folder.resolve("snapshots"), commit, "the commit");
    }

    Path file(String commit, String file) {
        return SafeNames.within(snapshot(commit), file, "the repository");
    }

    CacheLock lock(String digest, BooleanSupplier cancelled)
            throws IOException, InterruptedException {
        return CacheLock.take(SafeNames.within(locks, digest + ".lock", "the ETag"), cancelled);
    }

    /** The commit a revision stood for when it was last asked for. */
    Optional<String> commitOf(String revision) {
        if (SafeNames.isCommit(revision)) {
            return Optional.of(revision);
        }
        Path ref = SafeNames.within(folder.resolve("refs"), revision, "the revision");
        try {
            return Files.isRegularFile(ref) && Files.size(ref) <= LONGEST_REF
                    ? Optional.of(Files.readString(ref, StandardCharsets.UTF_8).strip())
                            .filter(SafeNames::isCommit)
                    : Optional.empty();
        } catch (IOException e) {
            LOG.debug("{} cannot be read, so the revision counts as unknown", ref, e);
            return Optional.empty();
        }
    }

    /** Notes what a revision stands for, unless that is noted already. */
    void setCommit(String revision, String commit) throws IOException {
        if (revision.equals(commit) || commitOf(revision).equals(Optional.of(commit))) {
            return;
        }
        Path ref = SafeNames.within(folder.resolve("refs"), revision, "the revision");
        Files.createDirectories(ref.getParent());
        Path fresh = beside(ref);
        try {
            Files.writeString(fresh, commit, StandardCharsets.UTF_8);
            replace(fresh, ref);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** What the cache has of a repository, for messages. */
    ImmutableList<String> knownCommits() {
        try (Stream<Path> commits = Files.list(folder.resolve("snapshots"))) {
            return commits.map(commit -> commit.getFileName().toString())
                    .filter(SafeNames::isCommit)
                    .sorted()
                    .collect(ImmutableList.toImmutableList());
        } catch (IOException e) {
            return ImmutableList.of();
        }
    }

    /** Whether it is known that a commit has no such file. */
    boolean isKnownMissing(String commit, String file) {
        return Files.exists(missing(commit, file));
    }

    /** Notes that a commit has no such file; a failure to do so does no harm. */
    void noteMissing(String commit, String file) {
        Path note = missing(commit, file);
        try {
            if (!Files.exists(note)) {
                Files.createDirectories(note.getParent());
                Files.createFile(note);
            }
        } catch (FileAlreadyExistsException e) {
            LOG.trace("{} was noted by someone else", note);
        } catch (IOException e) {
            LOG.debug("cannot note {}", note, e);
        }
    }

    private Path missing(String commit, String file) {
        Path notes = SafeNames.within(folder.resolve(".no_exist"), commit, "the commit");
        return SafeNames.within(notes, file, "the repository");
    }

    /**
     * Puts content into a snapshot: as a relative link, or, where links cannot be made, by moving
     * it there, so that it is not on the disk twice.
     *
     * @param fresh whether the content has just arrived, so that no other snapshot can need it
     */
    void place(String digest, String commit, String file, boolean fresh) throws IOException {
        Path blob = blob(digest);
        Path target = file(commit, file);
        Files.createDirectories(target.getParent());
        Path temporary = beside(target);
        try {
            if (settings.links() && link(temporary, target.getParent().relativize(blob))) {
                replace(temporary, target);
            } else if (fresh) {
                replace(blob, target);
            } else {
                Files.copy(blob, temporary);
                replace(temporary, target);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private boolean link(Path link, Path target) {
        try {
            host.link(link, target);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("no symbolic links in {}", folder, e);
            return false;
        }
    }

    /** Moves over what is there, if anything, so that nobody ever sees half of it. */
    void replace(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** A name nobody else has, in the same directory. */
    private static Path beside(Path path) {
        return path.resolveSibling(
                "%s.%s.tmp"
                        .formatted(
                                path.getFileName(), UUID.randomUUID().toString().substring(0, 8)));
    }
}
