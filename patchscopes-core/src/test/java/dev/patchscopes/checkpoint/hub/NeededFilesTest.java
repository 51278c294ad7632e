package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.checkpoint.hub.HubException.Kind;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which files are fetched. */
class NeededFilesTest extends HubTestBase {

    private static final String TORCH = "pytorch_model.bin";

    private static String index(String... shards) {
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < shards.length; i++) {
            map.append(i == 0 ? "" : ",").append("\"t" + i + "\": \"" + shards[i] + "\"");
        }
        return "{\"metadata\": {}, \"weight_map\": {" + map + "}}";
    }

    private List<String> fetched(HubContent content) throws IOException {
        server.put("org/name", content);
        return tree(hub().repository("org/name").snapshot().directory());
    }

    private static HubContent bare() {
        return new HubContent(COMMIT).small("config.json", "{}");
    }

    @Test
    void safetensorsBeforePickles() throws IOException {
        assertThat(fetched(bare().large(TORCH, new byte[1]).large(WEIGHTS, new byte[2])))
                .containsExactly("config.json", WEIGHTS);
    }

    @Test
    void picklesWhereThereIsNothingElse() throws IOException {
        assertThat(
                        fetched(
                                bare().large(TORCH, new byte[1])
                                        .large("flax_model.msgpack", new byte[2])))
                .containsExactly("config.json", TORCH);
    }

    @Test
    void shardsOfTheIndexAndNoOthers() throws IOException {
        HubContent content =
                bare().small(
                                WEIGHTS + ".index.json",
                                index("m-1.safetensors", "m-2.safetensors", "m-1.safetensors"))
                        .large("m-1.safetensors", new byte[1])
                        .large("m-2.safetensors", new byte[2])
                        .large("m-3.safetensors", new byte[3])
                        .large(TORCH, new byte[4]);
        assertThat(fetched(content))
                .containsExactly(
                        "config.json",
                        "m-1.safetensors",
                        "m-2.safetensors",
                        WEIGHTS + ".index.json");
        List<String> order =
                server.requests().stream()
                        .filter(request -> request.method().equals("GET"))
                        .map(HubServer.Request::path)
                        .filter(path -> path.contains("/name/"))
                        .map(path -> path.substring(path.lastIndexOf('/') + 1))
                        .toList();
        assertThat(order.get(1)).isEqualTo(WEIGHTS + ".index.json");
    }

    @Test
    void shardsOfPickles() throws IOException {
        HubContent content =
                bare().small(TORCH + ".index.json", index("p-1.bin")).large("p-1.bin", new byte[1]);
        assertThat(fetched(content))
                .containsExactly("config.json", "p-1.bin", TORCH + ".index.json");
    }

    @Test
    void shardThatIsMissing() {
        server.put("org/name", bare().small(WEIGHTS + ".index.json", index("m-1.safetensors")));
        HubException failure = failure(() -> hub().repository("org/name").snapshot());
        assertThat(failure.kind()).isEqualTo(Kind.FILE_NOT_FOUND);
        assertThat(failure).hasMessageContaining("m-1.safetensors");
    }

    @Test
    void oldTokenizerOnlyWhereThereIsNoNewOne() throws IOException {
        HubContent old =
                bare().large(WEIGHTS, new byte[1])
                        .small("vocab.json", "{ }")
                        .small("merges.txt", "a b")
                        .small("tokenizer_config.json", "{  }")
                        .small("special_tokens_map.json", "{   }")
                        .small("generation_config.json", "{    }");
        assertThat(fetched(old))
                .containsExactly(
                        "config.json",
                        "generation_config.json",
                        "merges.txt",
                        WEIGHTS,
                        "special_tokens_map.json",
                        "tokenizer_config.json",
                        "vocab.json");
        HubContent both =
                new HubContent(OTHER_COMMIT)
                        .small("config.json", "{}")
                        .large(WEIGHTS, new byte[1])
                        .small("vocab.json", "{ }")
                        .small("merges.txt", "a b")
                        .small("tokenizer.json", "{  }");
        assertThat(fetched(both)).containsExactly("config.json", WEIGHTS, "tokenizer.json");
    }

    @Test
    void weightsComeLast() throws IOException {
        HubContent content = HubContent.model(COMMIT);
        server.put("org/name", content);
        server.always("GET", "/tokenizer.json", HubServer.cutAfter(0));
        failure(() -> hub().repository("org/name").snapshot());
        assertThat(server.requests("GET", WEIGHTS)).isEmpty();
        assertThat(
                        failure(
                                        () ->
                                                hub().offline(true)
                                                        .repository("org/name@" + COMMIT)
                                                        .snapshot())
                                .kind())
                .as("nobody takes it for a model without tokenizer")
                .isEqualTo(Kind.NOT_CACHED);
    }

    @Test
    void emptyFile() throws IOException {
        assertThat(fetched(bare().large(WEIGHTS, new byte[1]).small("generation_config.json", "")))
                .containsExactly("config.json", "generation_config.json", WEIGHTS);
    }
}
