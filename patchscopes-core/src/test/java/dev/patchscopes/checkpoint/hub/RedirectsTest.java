package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the client lets itself be sent, and with what. */
class RedirectsTest extends HubTestBase {

    private static final String LISTING = "/api/models/org/name/revision/main";
    private static final String STORAGE = "/storage/org/name/" + WEIGHTS;

    private Hub hub;

    @BeforeEach
    void fill() {
        server.put("org/name", HubContent.model(COMMIT));
        hub = hub().token("hf_secret");
    }

    private HubException refused() {
        HubException failure = failure(() -> hub.repository("org/name").snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        return failure;
    }

    @Test
    void tokenStaysWithTheHub() {
        hub.repository("org/name").snapshot();
        assertThat(server.requests("GET", STORAGE))
                .singleElement()
                .satisfies(r -> assertThat(r.header("Authorization")).isEmpty())
                .satisfies(r -> assertThat(r.header("Host").orElseThrow()).startsWith("localhost"));
        assertThat(server.requests())
                .filteredOn(request -> !request.path().startsWith("/storage/"))
                .hasSizeGreaterThan(5)
                .allSatisfy(
                        r -> assertThat(r.header("Authorization")).hasValue("Bearer hf_secret"));
    }

    @Test
    void tokenIsNotBroughtBack() {
        String config = "/org/name/resolve/" + COMMIT + "/config.json";
        String back = server.endpoint() + "/elsewhere/config.json";
        server.always("GET", "/there/config.json", HubServer.redirect(back));
        server.always(
                "GET",
                "/elsewhere/config.json",
                (server, request, out) ->
                        server.properly(
                                new HubServer.Request("GET", config, request.headers()), out));
        server.next(
                1, "GET", config, HubServer.redirect(server.elsewhere() + "/there/config.json"));
        hub.repository("org/name").snapshot();
        assertThat(server.requests("GET", "/elsewhere/config.json"))
                .singleElement()
                .satisfies(r -> assertThat(r.header("Authorization")).isEmpty());
    }

    @Test
    void renamedRepository() {
        server.put("org/newname", HubContent.model(COMMIT));
        server.always("GET", LISTING, HubServer.redirect("/api/models/org/newname/revision/main"));
        server.always(
                "HEAD",
                "/org/name/resolve/" + COMMIT + "/config.json",
                HubServer.redirect("/org/newname/resolve/" + COMMIT + "/config.json"));
        HubSnapshot snapshot = hub.repository("org/name").snapshot();
        assertThat(snapshot.repository()).isEqualTo("org/name");
        assertThat(server.requests("GET", "/api/models/org/newname/revision/main"))
                .singleElement()
                .satisfies(r -> assertThat(r.header("Authorization")).isPresent());
    }

    @Test
    void mirrorThatSendsToTheHubItself() {
        String config = "/org/name/resolve/" + COMMIT + "/config.json";
        for (String method : List.of("HEAD", "GET")) {
            server.next(1, method, config, HubServer.redirect(server.elsewhere() + config));
        }
        assertThat(hub.repository("org/name").snapshot().directory().resolve("config.json"))
                .exists();
        assertThat(server.requests("GET", config))
                .extracting(request -> request.header("Authorization").isPresent())
                .containsExactly(true, false);
    }

    @Test
    void etagOfAStorageIsNoDigest() {
        HubContent.Stored config = HubContent.model(COMMIT).file("config.json").orElseThrow();
        server.always(
                "GET",
                "/config.json",
                HubServer.sends(config.bytes(), "ETag: \"d41d8cd98f00b204e9800998ecf8427e-2\""));
        assertThat(hub.repository("org/name").snapshot().directory().resolve("config.json"))
                .hasBinaryContent(config.bytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD"})
    void loop(String method) {
        String end = method.equals("GET") ? LISTING : "/config.json";
        server.always(method, end, HubServer.redirect("?again"));
        server.always(method, "?again", HubServer.redirect("?again"));
        assertThat(refused()).hasMessageContaining("more than 10 times");
        assertThat(server.requests(method, "?again").size() + server.requests(method, end).size())
                .isEqualTo(11);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///etc/passwd",
                "ftp://localhost/x",
                "http:///nowhere",
                "mailto:a@b",
                "http://[bad"
            })
    void addressesNoBrowserFollows(String location) {
        server.always("GET", LISTING, HubServer.redirect(location));
        assertThat(refused()).hasMessageContaining("not followed");
    }

    @Test
    void neverFromEncryptedToOpen() {
        Asked asked =
                new Asked(
                        Environment.of(Map.of()).settings(),
                        new RepositoryId("org/name"),
                        "main",
                        Optional.empty());
        URI open = URI.create("http://hub.example/a/b");
        URI encrypted = URI.create("HTTPS://hub.example/a/b");
        assertThat(HubHttp.redirected(asked, encrypted, "../c?d"))
                .hasToString("HTTPS://hub.example/c?d");
        assertThat(HubHttp.redirected(asked, open, "https://x.example/c")).hasHost("x.example");
        assertThat(HubHttp.redirected(asked, open, "//x.example/c")).hasScheme("http");
        for (String location : List.of("http://hub.example/a", "HTTP://x.example/")) {
            HubException failure = failure(() -> HubHttp.redirected(asked, encrypted, location));
            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(failure).hasMessageContaining("not encrypted");
        }
    }

    @Test
    void queriesAreNotShown() {
        server.always("GET", STORAGE, HubServer.redirect("ftp://localhost/x?signature=secret"));
        assertThat(refused().getMessage()).contains("ftp://localhost/x").doesNotContain("secret");
    }
}
