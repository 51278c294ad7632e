package dev.patchscopes.checkpoint.hub;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/** Brings single files into the cache; safe for several threads. */
final class FileFetch {

    private static final int RETRIES = 5;
    private static final int CHANGES = 3;
    private static final long LARGEST_WITHOUT_SIZE = 64L << 20;

    private final Host host;
    private final HubHttp http;
    private final RepositoryCache cache;
    private final Tally tally;

    /** Sizes of what is to come, by digest, until it has. */
    private final Map<String, Long> expected = new ConcurrentHashMap<>();

    FileFetch(Host host, HubHttp http, RepositoryCache cache, Tally tally) {
        this.host = host;
        this.http = http;
        this.cache = cache;
        this.tally = tally;
    }

    /**
     * A file of a commit that is to come.
     *
     * @param asked where it is asked for
     * @param commit whose file it is
     * @param name path in the repository
     * @param digest of its content
     * @param size bytes, if known
     */
    record Remote(Asked asked, String commit, String name, String digest, OptionalLong size) {}

    /** Asks what a file is. */
    Remote ask(Asked asked, int retries) throws InterruptedException {
        String name = asked.file().orElseThrow();
        HubHttp.Facts facts = new RetrySchedule(host, tally, retries).run(() -> http.facts(asked));
        String digest = facts.digest().filter(SafeNames::isDigest).orElseThrow(() -> noHub(asked));
        String commit =
                SafeNames.isCommit(asked.revision())
                        ? asked.revision()
                        : facts.commit()
                                .filter(SafeNames::isCommit)
                                .orElseThrow(() -> noHub(asked));
        return new Remote(asked, commit, name, digest, facts.size());
    }

    Remote ask(Asked asked) throws InterruptedException {
        return ask(asked, RETRIES);
    }

    private static HubException noHub(Asked asked) {
        return new HubException(
                Kind.REFUSED,
                ("%s does not say the commit (X-Repo-Commit) and digest (X-Linked-Etag or ETag: 40"
                                + " or 64 hexadecimal digits) of %s; is the endpoint a hub"
                                + " (HF_ENDPOINT)?")
                        .formatted(asked.address(), asked));
    }

    /**
     * Counts what is to come.
     *
     * @return bytes the disk must have room for
     */
    long expect(List<Remote> remotes) throws IOException {
        long missing = 0;
        for (Remote remote : remotes) {
            if (remote.size().isPresent() && !Files.exists(cache.blob(remote.digest()))) {
                long size = remote.size().getAsLong();
                if (expected.put(remote.digest(), size) == null) {
                    tally.expect(size);
                    missing += Math.max(0, size - sizeOf(cache.incomplete(remote.digest())));
                }
            }
        }
        return missing;
    }

    /** Brings a file into its commit's snapshot, unless it is there. */
    void fetch(Remote first) throws IOException, InterruptedException {
        Remote remote = first;
        for (int changes = 0; !fetchIfUnchanged(remote); changes++) {
            if (changes == CHANGES) {
                throw new HubException(
                        Kind.CORRUPT,
                        "%s is another file each time it is asked for; try again later"
                                .formatted(remote.asked()));
            }
            remote = ask(remote.asked());
        }
    }

    /** Whether the file is there now; false if the server has another by now. */
    private boolean fetchIfUnchanged(Remote remote) throws IOException, InterruptedException {
        CacheLock lock = cache.lock(remote.digest(), tally::isCancelled);
        try {
            if (Files.exists(cache.file(remote.commit(), remote.name()))) {
                arrivedElsewhere(remote);
                return true;
            }
            Path blob = cache.blob(remote.digest());
            boolean there =
                    Files.isRegularFile(blob)
                            && remote.size().orElse(Files.size(blob)) == Files.size(blob);
            if (there) {
                arrivedElsewhere(remote);
            } else if (!receive(remote, blob)) {
                return false;
            }
            cache.place(remote.digest(), remote.commit(), remote.name(), !there);
            return true;
        } finally {
            lock.close();
        }
    }

    /** What was to come has been brought by another thread or process. */
    private void arrivedElsewhere(Remote remote) {
        Long size = expected.remove(remote.digest());
        if (size != null) {
            tally.arrived(size);
        }
    }

    /** Downloads content and puts it where its digest says. */
    private boolean receive(Remote remote, Path blob) throws IOException, InterruptedException {
        Path incomplete = cache.incomplete(remote.digest());
        Files.createDirectories(incomplete.getParent());
        long before = sizeOf(incomplete);
        tally.arrived(before);
        boolean resumed = before > 0;
        while (fill(remote, incomplete)) {
            if (ContentDigest.matches(remote.digest(), incomplete)) {
                cache.replace(incomplete, blob);
                expected.remove(remote.digest());
                return true;
            }
            discard(incomplete);
            if (!resumed) {
                throw new HubException(
                        Kind.CORRUPT,
                        ("the content of %s is not the one of its digest %s; something between"
                                        + " here and the hub changes it, try another network")
                                .formatted(remote.asked(), remote.digest()));
            }
            // What an earlier process left may have been broken; now it is all ours.
            resumed = false;
        }
        return false;
    }

    /** Receives until nothing is missing; false if the server has other content by now. */
    private boolean fill(Remote remote, Path incomplete) throws IOException, InterruptedException {
        RetrySchedule schedule = new RetrySchedule(host, tally, RETRIES);
        while (true) {
            long before = sizeOf(incomplete);
            try {
                return receiveOnce(remote, incomplete);
            } catch (HubException e) {
                if (sizeOf(incomplete) > before) {
                    schedule.progressed();
                }
                schedule.failed(e);
            }
        }
    }

    private boolean receiveOnce(Remote remote, Path incomplete)
            throws IOException, InterruptedException {
        long have = sizeOf(incomplete);
        if (remote.size().isPresent() && have > remote.size().getAsLong()) {
            discard(incomplete);
            have = 0;
        }
        if (remote.size().equals(OptionalLong.of(have)) && Files.exists(incomplete)) {
            return true;
        }
        try (HubHttp.Arrival arrival = http.get(remote.asked(), have)) {
            if (!arrival.digest().orElse(remote.digest()).equals(remote.digest())) {
                return false;
            }
            if (arrival.offset() != have) { // the range was ignored, or not understood
                discard(incomplete);
            }
            if (arrival.offset() != have && arrival.offset() != 0) {
                throw new HubException(
                        Kind.SERVER_ERROR,
                        "the server sent another part of %s than the one from byte %d on"
                                .formatted(remote.asked(), have));
            }
            write(remote, arrival, incomplete);
            return true;
        }
    }

    private void write(Remote remote, HubHttp.Arrival arrival, Path incomplete)
            throws IOException, InterruptedException {
        OptionalLong size = remote.size().isPresent() ? remote.size() : arrival.size();
        if (arrival.size().isPresent() && !arrival.size().equals(size)) {
            throw new HubException(
                    Kind.CORRUPT,
                    "the server announces %d bytes for %s, and said %d before"
                            .formatted(
                                    arrival.size().getAsLong(), remote.asked(), size.getAsLong()),
                    null,
                    true,
                    Optional.empty());
        }
        long limit = size.orElse(LARGEST_WITHOUT_SIZE);
        long have = arrival.offset();
        try (FileChannel out =
                FileChannel.open(incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            out.position(have);
            for (Optional<List<ByteBuffer>> piece = http.next(remote.asked(), arrival);
                    piece.isPresent();
                    piece = http.next(remote.asked(), arrival)) {
                tally.requireGoing();
                long bytes = piece.get().stream().mapToLong(ByteBuffer::remaining).sum();
                if (bytes > limit - have) {
                    discard(incomplete);
                    throw new HubException(
                            Kind.CORRUPT,
                            "the server sends more than the %d bytes %s has"
                                    .formatted(limit, remote.asked()));
                }
                for (ByteBuffer buffer : piece.get()) {
                    while (buffer.hasRemaining()) {
                        out.write(buffer);
                    }
                }
                have += bytes;
                tally.arrived(bytes);
            }
            out.force(false);
        } catch (IOException e) {
            throw DiskErrors.explained(e, incomplete);
        }
        if (size.isPresent() && have < limit) {
            throw new HubException(
                    Kind.UNREACHABLE,
                    "%s ended after %d of %d bytes".formatted(remote.asked(), have, limit));
        }
    }

    private void discard(Path incomplete) throws IOException {
        tally.arrived(-sizeOf(incomplete));
        Files.deleteIfExists(incomplete);
    }

    private static long sizeOf(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }
}
