package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server, an empty cache and a client between them. */
abstract class HubTestBase {

    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    static final String OTHER_COMMIT = "76543210fedcba9876543210fedcba9876543210";
    static final String WEIGHTS = "model.safetensors";

    @TempDir Path directory;

    final FakeHost host = new FakeHost();
    HubServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = new HubServer();
    }

    @AfterEach
    void stopServer() throws IOException {
        server.close();
    }

    Path cache() {
        return directory.resolve("hub");
    }

    Hub hub() {
        return hub(Duration.ofSeconds(10));
    }

    /** A client that waits so long for a server that is silent. */
    Hub hub(Duration patience) {
        return Hub.of(
                new HubSettings(
                        HubSettings.endpoint(server.endpoint()),
                        cache(),
                        Optional.empty(),
                        false,
                        true,
                        patience,
                        patience,
                        new Proxies(Optional.empty(), Optional.empty(), "")),
                host);
    }

    static HubException failure(ThrowingCallable call) {
        HubException failure = catchThrowableOfType(HubException.class, call);
        assertThat(failure).as("a HubException").isNotNull();
        return failure;
    }

    /** All files and links below a directory, as paths relative to it. */
    static List<String> tree(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .map(path -> root.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }
}
