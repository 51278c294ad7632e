package dev.patchscopes.checkpoint.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.checkpoint.CheckpointNotFoundException;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.ModelLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A whole model by its name, with the network and then without. */
class HubModelTest extends HubTestBase {

    private static final String PROMPT = "The capital of France is";

    private Path putDemo() throws IOException {
        Path files = DemoModel.SMALL.copyTo(directory.resolve("demo"));
        server.put(
                "org/small",
                new HubContent(COMMIT)
                        .small("config.json", Files.readAllBytes(files.resolve("config.json")))
                        .small(
                                "tokenizer.json",
                                Files.readAllBytes(files.resolve("tokenizer.json")))
                        .small("README.md", "# not needed")
                        .large("pytorch_model.bin", new byte[10])
                        .large(WEIGHTS, Files.readAllBytes(files.resolve(WEIGHTS))));
        return files;
    }

    private ModelLoader loader(String name) {
        return HookedModel.loader(name).device(Device.cpu()).hub(hub());
    }

    @Test
    void loadsWithTheNetworkAndThenWithout() throws IOException {
        Path files = putDemo();
        List<Long> done = new ArrayList<>();
        String text;
        try (HookedModel model =
                loader("org/small").progress((now, total, elapsed) -> done.add(now)).load()) {
            assertThat(model.name()).isEqualTo("org/small@0123456789ab");
            assertThat(ModelIdentity.of(model).name()).isEqualTo("org/small@0123456789ab");
            text = model.generate(PROMPT, 8).text();
        }
        long bytes = 0;
        for (String file : List.of("config.json", "tokenizer.json", WEIGHTS)) {
            bytes += Files.size(files.resolve(file));
        }
        int downloaded = done.indexOf(bytes) + 1;
        assertThat(done.subList(0, downloaded)).isSorted().endsWith(bytes);
        assertThat(done.subList(downloaded, done.size())).as("bytes of weights").isSorted();
        assertThat(server.requests()).noneMatch(r -> r.path().endsWith("pytorch_model.bin"));
        server.close();
        int requests = server.requests().size();
        try (HookedModel model = loader("org/small").hub(hub().offline(true)).load();
                HookedModel local = HookedModel.loader(files).device(Device.cpu()).load()) {
            assertThat(model.generate(PROMPT, 8).text())
                    .isEqualTo(text)
                    .isEqualTo(local.generate(PROMPT, 8).text());
            assertThat(model.contentHash()).isEqualTo(local.contentHash());
        }
        assertThat(server.requests()).hasSize(requests);
    }

    @Test
    void revisionInTheNameOrBeside() throws IOException {
        putDemo();
        for (ModelLoader loader :
                List.of(
                        loader("org/small@" + COMMIT),
                        loader("org/small").revision(COMMIT),
                        loader("org/small@v9").revision(COMMIT))) {
            try (HookedModel model = loader.name("chosen").load()) {
                assertThat(model.name()).isEqualTo("chosen");
            }
        }
        assertThatThrownBy(() -> loader("org/small@v9").load())
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll("no directory here", "model of the hub", "\"v9\"");
    }

    @Test
    void directoryFirst() throws IOException {
        Path files = putDemo();
        try (HookedModel model = loader(files.toString()).load()) {
            assertThat(model.name()).isEqualTo("demo");
        }
        assertThatThrownBy(() -> loader(files.toString()).revision("v1"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("has no revision");
        assertThatThrownBy(() -> loader(files.resolve("absent").toString()).load())
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("no such directory");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void neitherOne() {
        assertThatThrownBy(() -> loader("org/absent").load())
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll("\"org/absent\" is no directory", "hub", "HF_TOKEN");
        assertThatThrownBy(() -> loader("a\0b"))
                .isInstanceOf(ModelException.class)
                .hasMessageContainingAll("directory", "hub");
    }

    @Test
    void loaderTellsWhatItLoads() {
        assertThat(loader("org/name").revision("v1").toString())
                .startsWith("ModelLoader[org/name, revision v1, float32 on cpu()");
    }
}
