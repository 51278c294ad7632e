package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that arrive whole, in parts, too short, too long, late, or are others than announced. */
class DownloadTest extends HubTestBase {

    private static final int SIZE = 10_000;
    private static final String STORAGE = "/storage/org/name/" + WEIGHTS;

    private final HubContent content = HubContent.model(COMMIT);
    private final byte[] weights = content.file(WEIGHTS).orElseThrow().bytes();
    private final String digest = content.file(WEIGHTS).orElseThrow().digest();

    private HubRepository repository() {
        server.put("org/name", content);
        return hub().repository("org/name");
    }

    private Path incomplete() {
        return cache().resolve("models--org--name/blobs/" + digest + ".patchscopes.incomplete");
    }

    private void leaveIncomplete(byte[] bytes) throws IOException {
        Files.createDirectories(incomplete().getParent());
        Files.write(incomplete(), bytes);
    }

    private void assertWeights(HubSnapshot snapshot) {
        assertThat(snapshot.directory().resolve(WEIGHTS)).hasBinaryContent(weights);
        assertThat(incomplete()).doesNotExist();
    }

    private List<String> ranges() {
        return server.requests("GET", STORAGE).stream()
                .map(request -> request.header("range").orElse("all"))
                .toList();
    }

    @Test
    void neededFilesAndNoOthers() throws IOException {
        HubSnapshot snapshot = repository().snapshot();
        assertThat(snapshot.commit()).isEqualTo(COMMIT);
        assertThat(snapshot.shortName()).isEqualTo("org/name@0123456789ab");
        assertThat(tree(snapshot.directory()))
                .containsExactly("config.json", WEIGHTS, "tokenizer.json");
        assertWeights(snapshot);
        assertThat(host.pauses()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, SIZE / 2, SIZE - 1})
    void connectionCut(int offset) {
        server.next(1, "GET", STORAGE, HubServer.cutAfter(offset));
        assertWeights(repository().snapshot());
        assertThat(ranges()).containsExactly("all", offset == 0 ? "all" : "bytes=" + offset + "-");
        assertThat(host.pauses()).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void connectionCutBeforeTheHead() {
        server.next(2, "GET", STORAGE, HubServer.hangUp());
        assertWeights(repository().snapshot());
    }

    @Test
    void pausesGrowUntilBytesArrive() {
        server.next(3, "GET", STORAGE, HubServer.status(503));
        server.next(1, "GET", STORAGE, HubServer.cutAfter(100));
        server.next(1, "GET", STORAGE, HubServer.status(503));
        assertWeights(repository().snapshot());
        assertThat(host.pauses())
                .containsExactly(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2));
    }

    @Test
    void givesUpWhenNothingComes() {
        server.always("GET", STORAGE, HubServer.cutAfter(0));
        HubException failure = failure(() -> repository().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageContainingAll(WEIGHTS, "org/name", "HF_ENDPOINT");
        assertThat(ranges()).hasSize(6);
    }

    @Test
    void goesOnWhereAnEarlierDownloadEnded() throws IOException {
        leaveIncomplete(Arrays.copyOf(weights, 4000));
        List<Long> done = new ArrayList<>();
        HubSnapshot snapshot =
                repository()
                        .snapshot(
                                (now, total, elapsed) -> {
                                    done.add(now);
                                    assertThat(now).isLessThanOrEqualTo(total);
                                });
        assertWeights(snapshot);
        assertThat(ranges()).containsExactly("bytes=4000-");
        long total = SIZE;
        for (String small : List.of("config.json", "tokenizer.json")) {
            total += content.file(small).orElseThrow().bytes().length;
        }
        assertThat(done).isSorted().endsWith(total);
    }

    @Test
    void sameContentTwiceCountsOnce() {
        content.small("generation_config.json", "{}").without("tokenizer.json");
        content.small("tokenizer.json", "{}");
        List<Long> done = new ArrayList<>();
        List<Long> totals = new ArrayList<>();
        repository()
                .snapshot(
                        (now, total, elapsed) -> {
                            done.add(now);
                            totals.add(total);
                        });
        long bytes = SIZE + 2L + content.file("config.json").orElseThrow().bytes().length;
        assertThat(done).isSorted().endsWith(bytes);
        assertThat(totals).containsOnly(bytes);
    }

    @Test
    void wholeButNotYetInPlace() throws IOException {
        leaveIncomplete(weights);
        assertWeights(repository().snapshot());
        assertThat(ranges()).isEmpty();
    }

    @Test
    void leftoversThatAreWrong() throws IOException {
        leaveIncomplete(new byte[4000]);
        assertWeights(repository().snapshot());
        assertThat(ranges()).containsExactly("bytes=4000-", "all");
    }

    @Test
    void leftoversThatAreTooLong() throws IOException {
        leaveIncomplete(new byte[SIZE + 1]);
        assertWeights(repository().snapshot());
        assertThat(ranges()).containsExactly("all");
    }

    @Test
    void rangeIgnored() throws IOException {
        leaveIncomplete(Arrays.copyOf(weights, 4000));
        server.next(1, "GET", STORAGE, HubServer.ignoresRange());
        assertWeights(repository().snapshot());
        assertThat(ranges()).containsExactly("bytes=4000-");
    }

    @Test
    void anotherRangeThanAskedFor() throws IOException {
        leaveIncomplete(Arrays.copyOf(weights, 4000));
        server.next(
                1,
                "GET",
                STORAGE,
                (server, request, out) -> {
                    HubServer.head(
                            out,
                            206,
                            List.of("Content-Range: bytes 1-9999/10000", "Content-Length: 9999"));
                    out.write(weights, 1, SIZE - 1);
                });
        assertWeights(repository().snapshot());
        assertThat(ranges()).containsExactly("bytes=4000-", "all");
    }

    @Test
    void wrongDigest() throws IOException {
        server.always("GET", STORAGE, HubServer.sends(new byte[SIZE], "Content-Length: " + SIZE));
        HubException failure = failure(() -> repository().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure).hasMessageContainingAll(WEIGHTS, digest);
        assertThat(tree(cache()))
                .noneMatch(path -> path.contains(digest) && !path.endsWith("lock"));
    }

    @Test
    void wrongDigestOfASmallFile() {
        String end = "/resolve/" + COMMIT + "/config.json";
        String etag = "ETag: " + content.file("config.json").orElseThrow().digest();
        server.always("GET", end, HubServer.sends(new byte[22], "Content-Length: 22", etag));
        assertThat(failure(() -> repository().snapshot()).kind()).isEqualTo(Kind.CORRUPT);
    }

    @Test
    void lengthAnnouncedTooLong() {
        server.always("GET", STORAGE, HubServer.sends(weights, "Content-Length: " + (SIZE + 1)));
        HubException failure = failure(() -> repository().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure).hasMessageContainingAll("10001", "10000");
    }

    @Test
    void lengthAnnouncedTooShort() {
        server.next(1, "GET", STORAGE, HubServer.sends(weights, "Content-Length: 9"));
        assertWeights(repository().snapshot());
    }

    @Test
    void noLength() {
        server.always("GET", STORAGE, HubServer.sends(weights, "X-None: 0"));
        assertWeights(repository().snapshot());
    }

    @Test
    void noLengthAndTooShort() {
        byte[] half = Arrays.copyOf(weights, SIZE / 2);
        server.next(1, "GET", STORAGE, HubServer.sends(half, "X-None: 0"));
        assertWeights(repository().snapshot());
        assertThat(ranges()).containsExactly("all", "bytes=5000-");
    }

    @Test
    void noLengthAndTooLong() throws IOException {
        byte[] more = Arrays.copyOf(weights, SIZE + 1);
        server.always("GET", STORAGE, HubServer.sends(more, "X-None: 0"));
        HubException failure = failure(() -> repository().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure).hasMessageContaining("more than the 10000 bytes");
        assertThat(incomplete()).doesNotExist();
    }

    @Test
    void noLengthInTheHeadEither() {
        String end = "/resolve/" + COMMIT + "/config.json";
        String etag = "ETag: " + content.file("config.json").orElseThrow().digest();
        server.always("HEAD", end, HubServer.sends(new byte[0], etag));
        assertWeights(repository().snapshot());
    }

    @Test
    void silence() {
        server.put("org/name", content);
        server.next(
                1,
                "GET",
                STORAGE,
                (server, request, out) -> {
                    HubServer.head(out, 200, List.of("Content-Length: " + SIZE));
                    out.write(weights, 0, 3000);
                    out.flush();
                    // The client hangs up, or the test ends; whichever is first.
                    try {
                        Thread.sleep(60_000);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        assertWeights(hub(Duration.ofMillis(300)).repository("org/name").snapshot());
        assertThat(ranges()).containsExactly("all", "bytes=3000-");
    }

    @Test
    void otherContentAtTheSecondLook() {
        String end = "/resolve/" + COMMIT + "/config.json";
        byte[] old = "ab".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        // What is asked about first is replaced before it is sent.
        server.next(
                1,
                "HEAD",
                end,
                HubServer.sends(
                        new byte[0], "ETag: \"" + HubContent.git(old) + "\"", "Content-Length: 2"));
        HubSnapshot snapshot = repository().snapshot();
        assertThat(snapshot.directory().resolve("config.json"))
                .hasBinaryContent(content.file("config.json").orElseThrow().bytes());
        assertThat(server.requests("HEAD", end)).hasSize(2);
    }

    @Test
    void otherContentAtEachLook() {
        String end = "/resolve/" + COMMIT + "/config.json";
        int[] count = {0};
        server.always(
                "HEAD",
                end,
                (server, request, out) ->
                        HubServer.head(
                                out,
                                200,
                                List.of(
                                        "ETag: " + "%040x".formatted(count[0]++),
                                        "Content-Length: 2")));
        HubException failure = failure(() -> repository().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(failure).hasMessageContaining("another file each time");
    }

    @Test
    void fullDiskIsSeenBefore() {
        host.free(SIZE - 1);
        HubException failure = failure(() -> repository().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.DISK_FULL);
        assertThat(failure).hasMessageContaining("HF_HUB_CACHE");
        assertThat(server.requests("GET", STORAGE)).isEmpty();
    }

    @Test
    void fullDiskIsNamed() {
        assertThatThrownBy(
                        () ->
                                DiskErrors.explained(
                                        new IOException("No space left on device"), Path.of("b")))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("HF_HUB_CACHE");
        IOException other = new IOException("Input/output error");
        assertThat(DiskErrors.explained(other, Path.of("b"))).isSameAs(other);
    }

    @Test
    void cancelledWhileWaiting() {
        server.always("GET", "/revision/main", HubServer.status(503));
        DownloadListener impatient =
                new DownloadListener() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        return true;
                    }
                };
        HubRepository repository = repository();
        assertThatThrownBy(() -> repository.snapshot(impatient))
                .isInstanceOf(CancellationException.class);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void longPausesLookWhetherToStop() throws InterruptedException {
        long start = System.nanoTime();
        Host.real().pause(Duration.ofMinutes(1), () -> true);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
        Instant before = Instant.now();
        Host.real().pause(Duration.ofMillis(15), () -> false);
        assertThat(Host.real().now()).isAfterOrEqualTo(before.plusMillis(14));
    }

    @Test
    void cancelledAndContinued() {
        List<Long> heard = new ArrayList<>();
        DownloadListener impatient =
                new DownloadListener() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {
                        heard.add(done);
                    }

                    @Override
                    public boolean isCancelled() {
                        return heard.stream().anyMatch(done -> done > 2000);
                    }
                };
        server.next(1, "GET", STORAGE, HubServer.cutAfter(3000));
        HubRepository repository = repository();
        assertThatThrownBy(() -> repository.snapshot(impatient))
                .isInstanceOf(CancellationException.class);
        assertWeights(repository.snapshot());
    }
}
