package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentTest {

    @TempDir Path home;

    private HubSettings settings(String... variables) {
        return settings(Map.of(), variables);
    }

    private HubSettings settings(Map<String, String> properties, String... variables) {
        ImmutableMap.Builder<String, String> map = ImmutableMap.builder();
        for (int i = 0; i < variables.length; i += 2) {
            map.put(variables[i], variables[i + 1]);
        }
        return new Environment(map.buildOrThrow(), ImmutableMap.copyOf(properties), home)
                .settings();
    }

    @Test
    void nothingSet() {
        HubSettings settings = settings();
        assertThat(settings.endpoint()).hasToString("https://huggingface.co");
        assertThat(settings.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
        assertThat(settings.token()).isEmpty();
        assertThat(settings.offline()).isFalse();
        assertThat(settings.links()).isTrue();
        assertThat(settings.etagTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.downloadTimeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void cacheFromTheMostSpecificVariable() {
        assertThat(settings("XDG_CACHE_HOME", "/xdg").cache())
                .isEqualTo(Path.of("/xdg/huggingface/hub"));
        assertThat(settings("XDG_CACHE_HOME", "/xdg", "HF_HOME", "/hf").cache())
                .isEqualTo(Path.of("/hf/hub"));
        assertThat(settings("HF_HOME", "/hf", "TRANSFORMERS_CACHE", "/t").cache())
                .isEqualTo(Path.of("/t"));
        assertThat(settings("TRANSFORMERS_CACHE", "/t", "HUGGINGFACE_HUB_CACHE", "/old").cache())
                .isEqualTo(Path.of("/old"));
        assertThat(settings("HUGGINGFACE_HUB_CACHE", "/old", "HF_HUB_CACHE", "/new").cache())
                .isEqualTo(Path.of("/new"));
    }

    @Test
    void pathsAsInAShell() {
        assertThat(settings("HF_HOME", "~/models").cache()).isEqualTo(home.resolve("models/hub"));
        assertThat(settings("HF_HOME", "~").cache()).isEqualTo(home.resolve("hub"));
        assertThat(settings("DISK", "/d$1", "HF_HUB_CACHE", "$DISK/${DISK}/$NONE").cache())
                .isEqualTo(Path.of("/d$1/d$1/$NONE"));
    }

    @Test
    void tokenFromVariableThenFile() throws IOException {
        Path file = home.resolve("secret");
        Files.writeString(file, " hf_file\n");
        Path standard = home.resolve(".cache/huggingface/token");
        Files.createDirectories(standard.getParent());
        Files.writeString(standard, "hf_standard");
        assertThat(settings().token()).hasValue(new AccessToken("hf_standard"));
        assertThat(settings("HF_TOKEN_PATH", file.toString()).token())
                .hasValue(new AccessToken("hf_file"));
        assertThat(settings("HF_TOKEN_PATH", file.toString(), "HF_TOKEN", "hf_own\n").token())
                .hasValue(new AccessToken("hf_own"));
        assertThat(settings("HF_TOKEN", " ").token()).hasValue(new AccessToken("hf_standard"));
        assertThat(settings("HF_TOKEN", "x", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token())
                .isEmpty();
        Files.writeString(standard, "\n");
        assertThat(settings().token()).isEmpty();
    }

    @Test
    void tokensAreNotShown() {
        HubSettings settings = settings("HF_TOKEN", "hf_secret");
        assertThat(settings.toString()).doesNotContain("hf_secret");
        assertThat(Hub.of(settings, Host.real()).toString())
                .contains("with a token")
                .doesNotContain("hf_secret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("HF_TOKEN", "hf_secret\r\nX: y"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hf_secret"));
    }

    @Test
    void offline() {
        for (String yes : new String[] {"1", "true", "YES", "On"}) {
            assertThat(settings("HF_HUB_OFFLINE", yes).offline()).as(yes).isTrue();
            assertThat(settings("TRANSFORMERS_OFFLINE", yes).offline()).as(yes).isTrue();
        }
        for (String no : new String[] {"0", "false", "", "2"}) {
            assertThat(settings("HF_HUB_OFFLINE", no).offline()).as(no).isFalse();
        }
        assertThat(settings("HF_HUB_OFFLINE", "0", "TRANSFORMERS_OFFLINE", "1").offline())
                .isFalse();
    }

    @Test
    void timeouts() {
        HubSettings settings =
                settings("HF_HUB_ETAG_TIMEOUT", "3", "HF_HUB_DOWNLOAD_TIMEOUT", " 120 ");
        assertThat(settings.etagTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(settings.downloadTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("HF_HUB_ETAG_TIMEOUT", "soon"))
                .withMessageContainingAll("HF_HUB_ETAG_TIMEOUT", "soon");
    }

    @Test
    void endpoints() {
        assertThat(settings("HF_ENDPOINT", "https://mirror.example/hub//").endpoint())
                .hasToString("https://mirror.example/hub");
        for (String bad :
                new String[] {
                    "mirror.example",
                    "ftp://mirror",
                    "https://",
                    "https://a b",
                    "https://u:p@host",
                    "https://host?x"
                }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> settings("HF_ENDPOINT", bad))
                    .withMessageContainingAll(bad, "HF_ENDPOINT");
        }
    }

    @Test
    void propertiesWin() {
        Map<String, String> properties =
                Map.of(
                        "hf.home", "/p",
                        "hf.token", "hf_p",
                        "hf.hub.offline", "1",
                        "hf.endpoint", "http://p",
                        "hf.hub.etag.timeout", "4",
                        "hf.hub.download.timeout", "5",
                        "hf.hub.disable.symlinks", "1");
        HubSettings settings =
                settings(properties, "HF_HOME", "/v", "HF_TOKEN", "hf_v", "HF_HUB_OFFLINE", "0");
        assertThat(settings)
                .isEqualTo(
                        new HubSettings(
                                HubSettings.endpoint("http://p"),
                                Path.of("/p/hub"),
                                Optional.of(new AccessToken("hf_p")),
                                true,
                                false,
                                Duration.ofSeconds(4),
                                Duration.ofSeconds(5),
                                new Proxies(Optional.empty(), Optional.empty(), "")));
    }
}
