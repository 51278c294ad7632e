package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the hub refuses, and how often the client asks again. */
class RefusalsTest extends HubTestBase {

    private static final String LISTING = "/revision/main";
    private static final String CONFIG = "/config.json";

    @BeforeEach
    void fill() {
        server.put("org/name", HubContent.model(COMMIT).tag("v1"));
    }

    private HubException refused(Hub hub) {
        return failure(() -> hub.repository("org/name").snapshot());
    }

    private HubException refused() {
        return refused(hub());
    }

    @Test
    void noSuchRepository() {
        HubException failure = failure(() -> hub().repository("org/other").snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.REPOSITORY_NOT_FOUND);
        assertThat(failure).hasMessageContainingAll("org/other", server.endpoint(), "HF_TOKEN");
        assertThat(host.pauses()).isEmpty();
    }

    @Test
    void noSuchRevision() {
        HubException failure = failure(() -> hub().repository("org/name@v2").snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.REVISION_NOT_FOUND);
        assertThat(failure).hasMessageContainingAll("org/name", "\"v2\"");
        assertThat(hub().repository("org/name@v1").snapshot().commit()).isEqualTo(COMMIT);
        assertThat(hub().repository("org/name").revision(COMMIT).snapshot().commit())
                .isEqualTo(COMMIT);
    }

    @Test
    void noSuchFile() {
        HubException failure = failure(() -> hub().repository("org/name").file("a/b.json"));
        assertThat(failure.kind()).isEqualTo(Kind.FILE_NOT_FOUND);
        assertThat(failure).hasMessageContainingAll("org/name", "a/b.json");
    }

    @Test
    void noModel() {
        server.put("org/none", new HubContent(COMMIT).small("README.md", "# nothing"));
        HubException failure = failure(() -> hub().repository("org/none").snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.FILE_NOT_FOUND);
        assertThat(failure).hasMessageContaining("no config.json");
    }

    @Test
    void noWeightsThatAreRead() {
        server.put(
                "org/other",
                HubContent.model(COMMIT).without(WEIGHTS).large("tf_model.h5", new byte[9]));
        HubException failure = failure(() -> hub().repository("org/other").snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.FILE_NOT_FOUND);
        assertThat(failure).hasMessageContaining("pytorch_model.bin.index.json");
    }

    @Test
    void tokenMissing() {
        server.always("GET", LISTING, HubServer.status(401));
        HubException failure = refused();
        assertThat(failure.kind()).isEqualTo(Kind.UNAUTHORIZED);
        assertThat(failure).hasMessageContaining("set HF_TOKEN");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void tokenWrong() {
        server.always("GET", LISTING, HubServer.status(401));
        HubException failure = refused(hub().token("hf_secret"));
        assertThat(failure.kind()).isEqualTo(Kind.UNAUTHORIZED);
        assertThat(failure).hasMessageContaining("new token");
        assertThat(failure.getMessage()).doesNotContain("hf_secret");
    }

    @Test
    void tokenWithoutRights() {
        server.always("GET", LISTING, HubServer.status(403));
        HubException failure = refused(hub().token("hf_secret"));
        assertThat(failure.kind()).isEqualTo(Kind.UNAUTHORIZED);
        assertThat(failure).hasMessageContaining("right to read");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void licenceNotAccepted(int status) {
        server.always("HEAD", "/" + WEIGHTS, HubServer.status(status, "X-Error-Code: GatedRepo"));
        HubException failure = refused();
        assertThat(failure.kind()).isEqualTo(Kind.GATED);
        assertThat(failure)
                .hasMessageContaining("accept the licence at " + server.endpoint() + "/org/name")
                .hasMessageContaining("HF_TOKEN");
    }

    @Test
    void rateLimitInSeconds() {
        server.next(1, "GET", LISTING, HubServer.status(429, "Retry-After: 7"));
        hub().repository("org/name").snapshot();
        assertThat(host.pauses()).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void rateLimitUntilADate() {
        server.next(
                1,
                "GET",
                LISTING,
                HubServer.status(429, "Retry-After: Mon, 01 Jan 2024 00:00:30 GMT"));
        hub().repository("org/name").snapshot();
        assertThat(host.pauses()).containsExactly(Duration.ofSeconds(30));
    }

    @Test
    void rateLimitInTheHubsOwnHeader() {
        server.next(1, "GET", LISTING, HubServer.status(429, "RateLimit: \"api\";r=0;t=55"));
        hub().repository("org/name").snapshot();
        assertThat(host.pauses()).containsExactly(Duration.ofSeconds(55));
    }

    @Test
    void retryAfterIsTheLeastPause() {
        server.next(1, "GET", CONFIG, HubServer.status(503, "Retry-After: 0"));
        hub().repository("org/name").snapshot();
        assertThat(host.pauses()).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void rateLimitOfHours() {
        server.next(1, "GET", LISTING, HubServer.status(429, "Retry-After: 7200"));
        HubException failure = refused();
        assertThat(failure.kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(failure).hasMessageContainingAll("7200 seconds", "HF_TOKEN");
        assertThat(host.pauses()).isEmpty();
    }

    @Test
    void rateLimitThatStays() {
        server.always("HEAD", CONFIG, HubServer.status(429));
        assertThat(refused().kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(server.requests("HEAD", CONFIG)).hasSize(6);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 500, 502, 503, 504})
    void serverFailsForAWhile(int status) {
        server.next(2, "GET", LISTING, HubServer.status(status));
        server.next(2, "HEAD", CONFIG, HubServer.status(status));
        server.next(2, "GET", CONFIG, HubServer.status(status));
        hub().repository("org/name").snapshot();
        assertThat(host.pauses())
                .hasSize(6)
                .containsOnly(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void serverFailsForGood() {
        server.always("GET", LISTING, HubServer.status(500));
        HubException failure = refused();
        assertThat(failure.kind()).isEqualTo(Kind.SERVER_ERROR);
        assertThat(failure).hasMessageContaining("500");
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void answersNoHubGives() {
        for (String body :
                List.of(
                        "<html>log in</html>",
                        "[]",
                        "{}",
                        "{\"sha\": \"main\", \"siblings\": []}",
                        "{\"sha\": 3, \"siblings\": []}",
                        "{\"sha\": null}",
                        "{\"sha\": \"" + COMMIT + "\"}",
                        "{\"sha\": \"" + COMMIT + "\", \"siblings\": [{}]}",
                        "{\"sha\": \"" + COMMIT + "\", \"siblings\": [3]}",
                        "{\"sha\": \"" + COMMIT + "\", \"siblings\": {}}",
                        "")) {
            server.next(
                    1,
                    "GET",
                    LISTING,
                    HubServer.sends(
                            body.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                            "Content-Length: " + body.length()));
            HubException failure = refused();
            assertThat(failure.kind()).as(body).isEqualTo(Kind.REFUSED);
            assertThat(failure).hasMessageContainingAll("org/name", "HF_ENDPOINT");
        }
        assertThat(cache()).doesNotExist();
    }

    @Test
    void endpointThatIsNoHub() {
        server.always("GET", LISTING, HubServer.status(405));
        HubException failure = refused();
        assertThat(failure.kind()).isEqualTo(Kind.SERVER_ERROR);
        assertThat(failure).hasMessageContainingAll("405", "HF_ENDPOINT");
        assertThat(host.pauses()).isEmpty();
    }

    @Test
    void nobodyThere() throws java.io.IOException {
        server.close();
        HubException failure = refused();
        assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(failure).hasMessageContainingAll(server.endpoint(), "proxy", "HF_ENDPOINT");
        assertThat(cache()).doesNotExist();
    }
}
