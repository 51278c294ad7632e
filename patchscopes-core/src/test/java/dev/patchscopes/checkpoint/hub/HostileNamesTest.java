package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.patchscopes.checkpoint.CorruptCheckpointException;
import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that would lead out of the cache, or mean something else on another system. */
class HostileNamesTest extends HubTestBase {

    static Stream<String> hostile() {
        return Stream.of(
                "",
                ".",
                "..",
                "../x",
                "a/../../x",
                "a/..",
                "./x",
                "/etc/passwd",
                "//host/share",
                "a//b",
                "a/",
                "..\\x",
                "a\\b",
                "C:/x",
                "C:x",
                "c:\\x",
                "a\0b",
                "a\nb",
                "a\u007fb",
                "nul",
                "NUL.safetensors",
                "com1",
                "a/aux/b",
                "x.",
                "x ",
                "a./b",
                "a*b",
                "a?b",
                "a|b",
                "x".repeat(201),
                "\u00e9".repeat(101),
                "x/".repeat(400) + "x");
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void neverAPath(String name) {
        assertThat(SafeNames.faultOfPath(name)).isPresent();
        Path folder = directory.resolve("folder");
        assertThat(failure(() -> SafeNames.within(folder, name, "it")).kind())
                .isEqualTo(Kind.REFUSED);
        HubRepository repository = hub().repository("org/name");
        assertThatIllegalArgumentException().isThrownBy(() -> repository.file(name));
        assertThatIllegalArgumentException().isThrownBy(() -> repository.revision(name));
        assertThat(server.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "config.json",
                ".gitattributes",
                "onnx/model.onnx",
                "refs/pr/1",
                "v1.0",
                "a b",
                "...a",
                "nullable",
                "common/com10",
                "\u00e9t\u00e9.json"
            })
    void harmlessNames(String name) {
        assertThat(SafeNames.faultOfPath(name)).isEmpty();
        Path folder = directory.resolve("folder");
        assertThat(SafeNames.within(folder, name, "it")).startsWithRaw(folder);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void shardsInTheIndex(String name) throws IOException {
        JsonObject map = new JsonObject();
        map.addProperty("weight", name);
        JsonObject index = new JsonObject();
        index.add("weight_map", map);
        // The list has it too, so it is not refused for being absent.
        HubContent content =
                HubContent.model(COMMIT)
                        .without(WEIGHTS)
                        .small(WEIGHTS + ".index.json", index.toString())
                        .small(name, "content");
        server.put("org/name", content);
        assertThatThrownBy(() -> hub().repository("org/name").snapshot())
                .isInstanceOfAny(HubException.class, CorruptCheckpointException.class)
                .hasMessageContaining("model.safetensors.index.json");
        assertInCache();
        assertThat(server.requests())
                .filteredOn(request -> request.path().contains("/resolve/"))
                .allMatch(request -> request.path().endsWith(".index.json"));
    }

    @Test
    void filesInTheList() throws IOException {
        HubContent content = HubContent.model(COMMIT);
        hostile().forEach(name -> content.small(name, "content"));
        server.put("org/name", content);
        assertThat(tree(hub().repository("org/name").snapshot().directory()))
                .containsExactly("config.json", WEIGHTS, "tokenizer.json");
        assertInCache();
    }

    @ParameterizedTest
    @MethodSource("hostile")
    @ValueSource(strings = {"abc", "0123456789ABCDEF0123456789ABCDEF01234567"})
    void commits(String commit) throws IOException {
        server.put("org/name", HubContent.model(commit).tag("main"));
        assertThat(failure(() -> hub().repository("org/name").snapshot()).kind())
                .isEqualTo(Kind.REFUSED);
        assertThat(cache()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../x",
                "\"../../x\"",
                "W/\"..\"",
                "/etc/passwd",
                "\"\"",
                "\"",
                "a",
                "C:\\x",
                "\"0123456789abcdef0123456789abcdef0123456g\""
            })
    void etags(String etag) throws IOException {
        server.put("org/name", HubContent.model(COMMIT));
        for (String header : List.of("ETag", "X-Linked-Etag")) {
            server.next(1, "HEAD", "/config.json", HubServer.status(200, header + ": " + etag));
            assertThat(failure(() -> hub().repository("org/name").snapshot()).kind())
                    .isEqualTo(Kind.REFUSED);
        }
        assertInCache();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../x", "main", ""})
    void commitsInTheHead(String commit) {
        server.put("org/name", HubContent.model(COMMIT));
        server.next(
                1,
                "HEAD",
                "/config.json",
                HubServer.status(200, "ETag: " + "a".repeat(40), "X-Repo-Commit: " + commit));
        assertThat(failure(() -> hub().repository("org/name").file("config.json")).kind())
                .isEqualTo(Kind.REFUSED);
        assertThat(cache()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/", "a/", "/a", "a/b/c", "../a", "a/..", "a--b", "a..b", "a b", "-a", "a-",
                ".a", "a.", "a\\b", "C:a", "a/b.git", "a\0", "a@b/c"
            })
    void repositoryNames(String name) {
        assertThat(RepositoryId.parse(name)).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RepositoryId(name))
                .withMessageContaining("organisation/name");
    }

    @Test
    void repositoryNamesThatAre() {
        for (String name : List.of("gpt2", "EleutherAI/pythia-410m", "a/b_c.d-e", "x")) {
            assertThat(HubRepository.isName(name)).as(name).isTrue();
            assertThat(HubRepository.isName(name + "@v1")).as(name).isTrue();
        }
        assertThat(HubRepository.isName("gpt2@")).isFalse();
        assertThat(HubRepository.isName("gpt2@../x")).isFalse();
        assertThat(HubRepository.isName("./gpt2")).isFalse();
        assertThat(HubRepository.isName("x".repeat(97))).isFalse();
        assertThat(new RepositoryId("EleutherAI/pythia-410m").folder())
                .isEqualTo("models--EleutherAI--pythia-410m");
    }

    /** Nothing is beside the cache. */
    private void assertInCache() throws IOException {
        assertThat(tree(directory)).allMatch(path -> path.startsWith("hub/"));
    }
}
