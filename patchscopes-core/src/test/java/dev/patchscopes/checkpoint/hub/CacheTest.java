package dev.patchscopes.checkpoint.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The cache: as Python writes it and reads it, with the network and without. */
class CacheTest extends HubTestBase {

    private static final String FOLDER = "models--org--name";

    private HubContent content;

    @BeforeEach
    void fill() {
        content = HubContent.model(COMMIT).tag("v1");
        server.put("org/name", content);
    }

    private HubRepository repository() {
        return hub().repository("org/name");
    }

    private HubRepository offline() {
        return hub().offline(true).repository("org/name");
    }

    private String digest(String file) {
        return content.file(file).orElseThrow().digest();
    }

    /** A file as {@code huggingface_hub} leaves it. */
    private void cached(String commit, String file, byte[] bytes, String etag) throws IOException {
        Path folder = cache().resolve(FOLDER);
        Path blob = folder.resolve("blobs").resolve(etag);
        Path link = folder.resolve("snapshots").resolve(commit).resolve(file);
        Files.createDirectories(blob.getParent());
        Files.createDirectories(link.getParent());
        Files.write(blob, bytes);
        Files.createSymbolicLink(link, link.getParent().relativize(blob));
    }

    private void ref(String revision, String commit) throws IOException {
        Path ref = cache().resolve(FOLDER).resolve("refs").resolve(revision);
        Files.createDirectories(ref.getParent());
        Files.writeString(ref, commit);
    }

    private void cachedModel(String commit) throws IOException {
        cached(commit, "config.json", "{}".getBytes(UTF_8), "a".repeat(40));
        cached(commit, "tokenizer.json", "{ }".getBytes(UTF_8), "b".repeat(40));
        cached(commit, WEIGHTS, HubContent.bytes(100, 5), "c".repeat(64));
    }

    @Test
    void layout() throws IOException {
        repository().snapshot();
        assertThat(tree(cache()))
                .containsExactlyInAnyOrder(
                        ".locks/" + FOLDER + "/" + digest("config.json") + ".lock",
                        ".locks/" + FOLDER + "/" + digest("tokenizer.json") + ".lock",
                        ".locks/" + FOLDER + "/" + digest(WEIGHTS) + ".lock",
                        FOLDER + "/.no_exist/" + COMMIT + "/generation_config.json",
                        FOLDER + "/.no_exist/" + COMMIT + "/special_tokens_map.json",
                        FOLDER + "/.no_exist/" + COMMIT + "/tokenizer_config.json",
                        FOLDER + "/blobs/" + digest("config.json"),
                        FOLDER + "/blobs/" + digest("tokenizer.json"),
                        FOLDER + "/blobs/" + digest(WEIGHTS),
                        FOLDER + "/refs/main",
                        FOLDER + "/snapshots/" + COMMIT + "/config.json",
                        FOLDER + "/snapshots/" + COMMIT + "/tokenizer.json",
                        FOLDER + "/snapshots/" + COMMIT + "/" + WEIGHTS);
        Path folder = cache().resolve(FOLDER);
        assertThat(folder.resolve("refs/main")).hasContent(COMMIT);
        assertThat(Files.readSymbolicLink(folder.resolve("snapshots/" + COMMIT + "/" + WEIGHTS)))
                .isEqualTo(Path.of("../../blobs/" + digest(WEIGHTS)));
    }

    @Test
    void layoutOfANestedFile() throws IOException {
        content.small("onnx/config.json", "nested");
        Path file = repository().file("onnx/config.json");
        assertThat(file).hasContent("nested");
        assertThat(Files.readSymbolicLink(file))
                .isEqualTo(Path.of("../../../blobs/" + digest("onnx/config.json")));
    }

    @Test
    void layoutWithoutLinks() throws IOException {
        host.withoutLinks();
        HubSnapshot snapshot = repository().snapshot();
        assertThat(snapshot.directory().resolve(WEIGHTS))
                .isRegularFile()
                .hasBinaryContent(content.file(WEIGHTS).orElseThrow().bytes());
        assertThat(Files.isSymbolicLink(snapshot.directory().resolve(WEIGHTS))).isFalse();
        assertThat(tree(cache())).noneMatch(path -> path.contains("blobs/"));
        assertThat(offline().snapshot()).isEqualTo(snapshot);
    }

    @Test
    void contentThatIsThereForAnotherSnapshotIsCopiedWithoutLinks() throws IOException {
        cachedModel(OTHER_COMMIT);
        Path blobs = cache().resolve(FOLDER).resolve("blobs");
        Files.write(blobs.resolve(digest(WEIGHTS)), content.file(WEIGHTS).orElseThrow().bytes());
        host.withoutLinks();
        Path weights = repository().snapshot().directory().resolve(WEIGHTS);
        assertThat(weights).hasBinaryContent(content.file(WEIGHTS).orElseThrow().bytes());
        assertThat(blobs.resolve(digest(WEIGHTS))).exists();
        assertThat(server.requests("GET", "/storage/org/name/" + WEIGHTS)).isEmpty();
    }

    @Test
    void secondTimeAsksForTheCommitAlone() {
        HubSnapshot first = repository().snapshot();
        int requests = server.requests().size();
        assertThat(repository().snapshot()).isEqualTo(first);
        assertThat(server.requests()).hasSize(requests + 1);
    }

    @Test
    void writtenByPythonReadOffline() throws IOException {
        cachedModel(COMMIT);
        ref("main", COMMIT);
        ref("refs/pr/1", COMMIT);
        HubSnapshot snapshot = offline().snapshot();
        assertThat(snapshot.directory())
                .isEqualTo(cache().resolve(FOLDER + "/snapshots/" + COMMIT));
        assertThat(offline().revision("refs/pr/1").snapshot().commit()).isEqualTo(COMMIT);
        assertThat(offline().revision(COMMIT).snapshot().commit()).isEqualTo(COMMIT);
        assertThat(offline().file("config.json")).hasContent("{}");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void commitInTheCacheIsAskedForNoMore() throws IOException {
        cachedModel(COMMIT);
        assertThat(repository().revision(COMMIT).snapshot().commit()).isEqualTo(COMMIT);
        assertThat(repository().revision(COMMIT).file("config.json")).hasContent("{}");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void commitWithoutTokenizerInTheCacheIsCompleted() throws IOException {
        cached(COMMIT, "config.json", "{}".getBytes(UTF_8), "a".repeat(40));
        cached(COMMIT, WEIGHTS, HubContent.bytes(100, 5), "c".repeat(64));
        HubSnapshot snapshot = repository().revision(COMMIT).snapshot();
        assertThat(snapshot.directory().resolve("tokenizer.json")).exists();
        assertThat(server.requests("GET", WEIGHTS)).isEmpty();
    }

    @Test
    void commitKnownToHaveNoTokenizer() throws IOException {
        cached(COMMIT, "config.json", "{}".getBytes(UTF_8), "a".repeat(40));
        cached(COMMIT, WEIGHTS, HubContent.bytes(100, 5), "c".repeat(64));
        Path note = cache().resolve(FOLDER + "/.no_exist/" + COMMIT + "/tokenizer.json");
        Files.createDirectories(note.getParent());
        Files.createFile(note);
        repository().revision(COMMIT).snapshot();
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void newCommitReplacesTheOldOnlyWhenItIsThere() throws IOException {
        cachedModel(OTHER_COMMIT);
        ref("main", OTHER_COMMIT);
        String storage = "/storage/org/name/" + WEIGHTS;
        server.next(6, "GET", storage, HubServer.cutAfter(0));
        assertThat(repository().snapshot().commit()).isEqualTo(OTHER_COMMIT);
        assertThat(offline().snapshot().commit()).isEqualTo(OTHER_COMMIT);
        assertThat(repository().snapshot().commit()).isEqualTo(COMMIT);
        assertThat(offline().snapshot().commit()).isEqualTo(COMMIT);
    }

    @Test
    void cachedModelServesWhenTheNetworkFails() throws IOException {
        HubSnapshot first = repository().snapshot();
        server.close();
        assertThat(repository().snapshot()).isEqualTo(first);
        assertThat(repository().file("config.json")).exists();
        assertThat(host.pauses()).as("no waiting where there is an alternative").isEmpty();
    }

    @Test
    void cachedModelDoesNotHideARefusal() {
        repository().snapshot();
        server.always("GET", "/revision/main", HubServer.status(403, "X-Error-Code: GatedRepo"));
        assertThat(failure(() -> repository().snapshot()).kind()).isEqualTo(Kind.GATED);
    }

    @Test
    void offlineAndNotCached() throws IOException {
        HubException failure = failure(() -> offline().snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.NOT_CACHED);
        assertThat(failure).hasMessageContainingAll("org/name", "main", "HF_HUB_OFFLINE");
        cachedModel(COMMIT);
        assertThat(failure(() -> offline().snapshot())).hasMessageContaining(COMMIT);
        assertThat(failure(() -> offline().file("other.json"))).hasMessageContaining("other.json");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void offlineAndHalfThere() throws IOException {
        cachedModel(COMMIT);
        ref("main", COMMIT);
        Files.delete(cache().resolve(FOLDER + "/blobs/" + "c".repeat(64)));
        assertThat(failure(() -> offline().snapshot()).kind()).isEqualTo(Kind.NOT_CACHED);
        assertThat(repository().snapshot().directory().resolve(WEIGHTS))
                .hasBinaryContent(content.file(WEIGHTS).orElseThrow().bytes());
    }

    @Test
    void shardsHalfThere() throws IOException {
        String index =
                "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\":"
                        + " \"model-2.safetensors\"}}";
        cached(COMMIT, "config.json", "{}".getBytes(UTF_8), "a".repeat(40));
        cached(COMMIT, WEIGHTS + ".index.json", index.getBytes(UTF_8), "b".repeat(40));
        cached(COMMIT, "model-1.safetensors", new byte[1], "c".repeat(64));
        ref("main", COMMIT);
        assertThat(failure(() -> offline().snapshot()).kind()).isEqualTo(Kind.NOT_CACHED);
        cached(COMMIT, "model-2.safetensors", new byte[2], "d".repeat(64));
        assertThat(offline().snapshot().commit()).isEqualTo(COMMIT);
    }

    @Test
    void refsThatHoldNoCommit() throws IOException {
        cachedModel(COMMIT);
        for (String bad :
                new String[] {"", "main", "../../../etc", COMMIT + COMMIT, "x".repeat(999)}) {
            ref("main", bad);
            assertThat(failure(() -> offline().snapshot()).kind()).isEqualTo(Kind.NOT_CACHED);
        }
        ref("main", COMMIT + "\n");
        assertThat(offline().snapshot().commit()).isEqualTo(COMMIT);
    }

    @Test
    void cacheThatCannotBeWrittenTo() throws IOException {
        Files.writeString(cache(), "a file");
        HubRepository repository = repository();
        assertThatThrownBy(repository::snapshot)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContainingAll(cache().toString(), "HF_HUB_CACHE");
    }

    @Test
    void interrupted() {
        HubRepository repository = repository();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(repository::snapshot).isInstanceOf(CancellationException.class);
        } finally {
            assertThat(Thread.interrupted()).as("still marked as interrupted").isTrue();
        }
    }

    @Test
    void environmentAlone() throws IOException {
        cachedModel(COMMIT);
        ref("main", COMMIT);
        Hub given =
                Hub.of(
                        Map.of(
                                "HF_HUB_CACHE", cache().toString(),
                                "HF_HUB_OFFLINE", "1",
                                "HF_ENDPOINT", server.endpoint()));
        assertThat(given.repository("org/name").snapshot().commit()).isEqualTo(COMMIT);
        assertThat(server.requests()).isEmpty();
    }
}
