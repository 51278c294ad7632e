package dev.patchscopes.checkpoint.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several at once, in threads and in processes, and one that is killed. */
class ProcessesTest extends HubTestBase {

    private static final String STORAGE = "/storage/org/name/" + WEIGHTS;
    private static final int SIZE = 200_000;
    private static final int HALF = SIZE / 2;
    private static final long LONG_ENOUGH = 30_000;

    /** Long enough for a second download to begin, if nothing kept it from that. */
    private static final long A_WHILE = 400;

    private final HubContent content = HubContent.model(COMMIT);
    private final byte[] weights = HubContent.bytes(SIZE, 3);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @BeforeEach
    void fill() {
        server.put("org/name", content.large(WEIGHTS, weights));
        server.next(
                1,
                "GET",
                STORAGE,
                (server, request, out) -> {
                    HubServer.head(out, 200, List.of("Content-Length: " + SIZE));
                    out.write(weights, 0, HALF);
                    out.flush();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) { // the test has ended
                        Thread.currentThread().interrupt();
                        return;
                    }
                    out.write(weights, HALF, SIZE - HALF);
                });
    }

    private Process fork() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Download.class.getName(),
                        server.endpoint(),
                        cache().toString());
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /** Prints the directory of the snapshot. */
    static final class Download {
        private Download() {}

        public static void main(String[] arguments) {
            Hub hub =
                    Hub.of(
                            Map.of(
                                    "HF_ENDPOINT", arguments[0],
                                    "HF_HUB_CACHE", arguments[1],
                                    "HF_HUB_DOWNLOAD_TIMEOUT", "60"));
            System.out.println(hub.repository("org/name").snapshot().directory());
        }
    }

    private void assertWeights(Path directory) {
        assertThat(directory.resolve(WEIGHTS)).hasBinaryContent(weights);
    }

    private static Path directory(Process process) throws IOException, InterruptedException {
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        assertThat(process.waitFor()).isZero();
        return Path.of(printed);
    }

    @Test
    void twoThreadsDownloadOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<HubSnapshot>> running = new ArrayList<>();
            // Two clients: they share nothing but the cache.
            Callable<HubSnapshot> download = () -> hub().repository("org/name").snapshot();
            running.add(threads.submit(download));
            running.add(threads.submit(download));
            assertThat(server.await(2, "HEAD", "/" + WEIGHTS, LONG_ENOUGH)).isTrue();
            assertThat(server.await(2, "GET", STORAGE, A_WHILE)).isFalse();
            goOn.countDown();
            for (Future<HubSnapshot> each : running) {
                assertWeights(each.get(LONG_ENOUGH, TimeUnit.MILLISECONDS).directory());
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(server.requests("GET", STORAGE)).hasSize(1);
    }

    @Test
    void twoProcessesDownloadOnce() throws Exception {
        Process first = fork();
        Process second = fork();
        try {
            assertThat(server.await(2, "HEAD", "/" + WEIGHTS, LONG_ENOUGH)).isTrue();
            assertThat(server.await(2, "GET", STORAGE, A_WHILE)).isFalse();
            goOn.countDown();
            assertWeights(directory(first));
            assertWeights(directory(second));
        } finally {
            first.destroyForcibly();
            second.destroyForcibly();
        }
        assertThat(server.requests("GET", STORAGE)).hasSize(1);
    }

    @Test
    void killedAndContinued() throws Exception {
        Path incomplete =
                cache().resolve(
                                "models--org--name/blobs/"
                                        + HubContent.sha256(weights)
                                        + ".patchscopes.incomplete");
        Process process = fork();
        try {
            assertThat(server.await(1, "GET", STORAGE, LONG_ENOUGH)).isTrue();
            while (!Files.exists(incomplete) || Files.size(incomplete) < HALF) {
                assertThat(process.isAlive()).isTrue();
                Thread.sleep(5);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(cache().resolve("models--org--name/refs/main")).doesNotExist();
        assertWeights(hub().repository("org/name").snapshot().directory());
        assertThat(server.requests("GET", STORAGE))
                .extracting(request -> request.header("range").orElse("all"))
                .containsExactly("all", "bytes=" + HALF + "-");
        assertThat(incomplete).doesNotExist();
    }
}
