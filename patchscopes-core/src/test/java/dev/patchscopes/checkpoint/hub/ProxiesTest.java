package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProxiesTest extends HubTestBase {

    private static List<Proxy> chosen(Map<String, String> variables, String address) {
        return Environment.of(variables)
                .settings()
                .proxies()
                .selector()
                .select(URI.create(address));
    }

    private static List<Proxy> proxy(String host, int port) {
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(host, port)));
    }

    @Test
    void byScheme() {
        Map<String, String> both =
                Map.of("HTTP_PROXY", "http://open:8080", "HTTPS_PROXY", "closed:3128/");
        assertThat(chosen(both, "http://hub.example/x")).isEqualTo(proxy("open", 8080));
        assertThat(chosen(both, "https://hub.example/x")).isEqualTo(proxy("closed", 3128));
        assertThat(chosen(Map.of(), "https://hub.example")).containsExactly(Proxy.NO_PROXY);
        assertThat(chosen(Map.of("all_proxy", "any"), "https://hub.example"))
                .isEqualTo(proxy("any", 80));
        assertThat(chosen(Map.of("https_proxy", "a", "HTTPS_PROXY", "b"), "https://hub.example"))
                .isEqualTo(proxy("a", 80));
    }

    @Test
    void exceptions() {
        Map<String, String> some =
                Map.of("HTTPS_PROXY", "p", "NO_PROXY", "localhost, .corp.example,Mirror.example");
        for (String direct :
                List.of("localhost", "a.corp.example", "corp.example", "x.mirror.example")) {
            assertThat(chosen(some, "https://" + direct))
                    .as(direct)
                    .containsExactly(Proxy.NO_PROXY);
        }
        for (String other : List.of("hub.example", "acorp.example", "localhost.example")) {
            assertThat(chosen(some, "https://" + other)).as(other).isEqualTo(proxy("p", 80));
        }
        assertThat(chosen(Map.of("HTTPS_PROXY", "p", "NO_PROXY", "*"), "https://a"))
                .containsExactly(Proxy.NO_PROXY);
    }

    @Test
    void proxiesThatCannotBeUsed() {
        for (String bad : List.of("socks5://p:1080", "http://me:secret@p", "p:port", "http://")) {
            Map<String, String> variables =
                    Map.of(
                            "HTTPS_PROXY", bad,
                            "HF_ENDPOINT", server.endpoint(),
                            "HF_HUB_CACHE", cache().toString());
            HubException failure =
                    failure(() -> Hub.of(variables).repository("org/name").snapshot());
            assertThat(failure.kind()).as(bad).isEqualTo(HubException.Kind.UNREACHABLE);
            assertThat(failure).hasMessageContaining("HTTPS_PROXY");
            assertThat(failure.getMessage()).doesNotContain("secret");
        }
    }

    @Test
    void downloadsThroughOne() {
        server.put("org/name", HubContent.model(COMMIT));
        Hub hub =
                Hub.of(
                        Map.of(
                                "HF_HUB_CACHE",
                                cache().toString(),
                                "HF_ENDPOINT",
                                "http://hub.invalid",
                                "HTTP_PROXY",
                                server.endpoint(),
                                "NO_PROXY",
                                "localhost"));
        assertThat(hub.repository("org/name").snapshot().directory().resolve(WEIGHTS)).exists();
        assertThat(server.requests("GET", "/storage/org/name/" + WEIGHTS)).hasSize(1);
        assertThat(server.requests("GET", "/revision/main"))
                .singleElement()
                .satisfies(r -> assertThat(r.header("Host")).hasValue("hub.invalid"));
    }
}
