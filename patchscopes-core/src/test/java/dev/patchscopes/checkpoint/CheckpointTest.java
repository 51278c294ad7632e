package dev.patchscopes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

    private static final String CONFIG = "{\"model_type\":\"llama\"}";

    private static final Path OPEN_FILES = Path.of("/proc/self/fd");

    @TempDir Path directory;

    @Test
    void opensAWholeSafetensorsCheckpoint() {
        try (Checkpoint checkpoint = Checkpoint.open(Golden.path("llama"))) {
            assertThat(checkpoint.config().modelType()).isEqualTo("llama");
            assertThat(checkpoint.tensorNames()).hasSize(30);
            StoredTensor embedding = checkpoint.tensor("model.embed_tokens.weight");
            assertThat(embedding.shape().toArray()).containsExactly(131, 48);
            assertThat(embedding.type()).isEqualTo(StoredType.F32);
            assertThat(checkpoint.totalBytes()).isEqualTo(2 * 150240);
            assertThat(checkpoint.toString()).endsWith("llama, 30 tensors, 0.3 MB]");
        }
    }

    @ParameterizedTest
    @CsvSource({"bin, F16", "bin_sharded, F16", "st_sharded, BF16"})
    void everyLayoutHasTheSameWeightsInItsOwnPrecision(String layout, StoredType type) {
        try (Checkpoint exact = Checkpoint.open(Golden.path("llama"));
                Checkpoint rounded = Checkpoint.open(Golden.path("llama/" + layout))) {
            assertThat(rounded.tensorNames()).containsAll(exact.tensorNames());
            double unit = type == StoredType.F16 ? 0x1p-11 : 0x1p-8;
            for (String name : exact.tensorNames()) {
                StoredTensor tensor = rounded.tensor(name);
                assertThat(tensor.type()).isEqualTo(type);
                assertThat(tensor.shape()).isEqualTo(exact.tensor(name).shape());
                double[] expected = exact.tensor(name).toDoubles();
                double[] actual = tensor.toDoubles();
                for (int i = 0; i < expected.length; i++) {
                    double bound = Math.max(Math.abs(expected[i]) * unit, 0x1p-25);
                    assertThat(Math.abs(actual[i] - expected[i]))
                            .as("%s[%s]", name, i)
                            .isLessThanOrEqualTo(bound);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"config_v5.json", "config_legacy.json"})
    void takesAnotherConfigurationForTheSameWeights(String name) {
        Path llama = Golden.path("llama");
        try (Checkpoint checkpoint = Checkpoint.open(llama, llama.resolve(name))) {
            assertThat(checkpoint.config().modelType()).isEqualTo("llama");
            assertThat(checkpoint.config().has("rope_parameters"))
                    .isEqualTo(name.equals("config_v5.json"));
            assertThat(checkpoint.has("lm_head.weight")).isTrue();
        }
    }

    @Test
    void anUnknownNameSuggestsTheNearest() {
        try (Checkpoint checkpoint = Checkpoint.open(Golden.path("llama"))) {
            assertThatThrownBy(() -> checkpoint.tensor("model.embed_token.weights"))
                    .isInstanceOfSatisfying(
                            MissingTensorException.class,
                            e -> assertThat(e.nearest()).contains("model.embed_tokens.weight"))
                    .hasMessageContaining("no tensor 'model.embed_token.weights' among its 30")
                    .hasMessageEndingWith(
                            "nearest name is 'model.embed_tokens.weight'; is config.json the one"
                                    + " that belongs to these weights?");
            assertThat(checkpoint.has("model.embed_token.weights")).isFalse();
        }
    }

    @Test
    void theContentHashDependsOnContentAndNotOnTheFilesItIsIn() throws IOException {
        String whole = hash(Golden.path("llama/bin"));
        assertThat(whole).matches("[0-9a-f]{64}").isEqualTo(hash(Golden.path("llama/bin")));
        assertThat(whole).isNotEqualTo(hash(Golden.path("llama")));

        float[] weights = {1, 2, 3, 4};
        String base = hash(small("base", CONFIG, "x", weights, 2, 2));
        assertThat(hash(small("spaces", "{ \"model_type\" :\n\"llama\"}", "x", weights, 2, 2)))
                .isEqualTo(base);
        assertThat(hash(small("config", "{\"model_type\":\"gpt2\"}", "x", weights, 2, 2)))
                .isNotEqualTo(base);
        assertThat(hash(small("name", CONFIG, "y", weights, 2, 2))).isNotEqualTo(base);
        assertThat(hash(small("shape", CONFIG, "x", weights, 4, 1))).isNotEqualTo(base);
        assertThat(hash(small("value", CONFIG, "x", new float[] {1, 2, 3, 5}, 2, 2)))
                .isNotEqualTo(base);

        Path sharded = Files.createDirectory(directory.resolve("sharded"));
        Files.writeString(sharded.resolve("config.json"), CONFIG);
        new SafetensorsWriter().add("x", weights, 2, 2).write(sharded.resolve("a.safetensors"));
        index(sharded, "{\"weight_map\":{\"x\":\"a.safetensors\"}}");
        assertThat(hash(sharded)).isEqualTo(base);
    }

    @Test
    void prefersSafetensorsOverPickles() throws IOException {
        Path both = small("both", CONFIG, "x", new float[] {1}, 1);
        Files.writeString(both.resolve("pytorch_model.bin"), "not a checkpoint");
        try (Checkpoint checkpoint = Checkpoint.open(both)) {
            assertThat(checkpoint.tensorNames()).containsExactly("x");
        }
    }

    @Test
    void missingPiecesAreNamed() throws IOException {
        Path absent = directory.resolve("absent");
        assertThatThrownBy(() -> Checkpoint.open(absent))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessage(
                        absent
                                + ": there is no such directory; give one that holds config.json,"
                                + " weights and tokenizer.json, or load a model of the hub by its"
                                + " name, such as gpt2 (HookedModel.load)");
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> Checkpoint.open(file))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("is not a directory");
        Path empty = Files.createDirectory(directory.resolve("empty"));
        assertThatThrownBy(() -> Checkpoint.open(empty))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageStartingWith(empty.resolve("config.json") + ": there is no such file");
        Files.writeString(empty.resolve("config.json"), CONFIG);
        assertThatThrownBy(() -> Checkpoint.open(empty))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("there are no weights: none of model.safetensors,");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../a.safetensors",
                "/etc/passwd",
                "sub/a.safetensors",
                "..",
                ".",
                "",
                "..\\\\a.safetensors",
                "C:a.safetensors",
                "a\\u0000.safetensors",
                "\\ud800.safetensors"
            })
    void anIndexCannotLeadOutOfItsDirectory(String shard) throws IOException {
        Path checkpoint = small("outside", CONFIG, "x", new float[] {1}, 1);
        Files.move(checkpoint.resolve("model.safetensors"), directory.resolve("a.safetensors"));
        index(checkpoint, "{\"weight_map\":{\"x\":\"" + shard + "\"}}");
        assertThatThrownBy(() -> Checkpoint.open(checkpoint))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageContaining("model.safetensors.index.json")
                .hasMessageContaining("only the plain name of a file beside the index");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"weight_map\":[]}", "{\"weight_map\":{\"x\":1}}", "[]"})
    void anIndexOfAnotherFormIsRefused(String json) throws IOException {
        Path checkpoint = Files.createDirectory(directory.resolve("form"));
        Files.writeString(checkpoint.resolve("config.json"), CONFIG);
        index(checkpoint, json);
        assertThatThrownBy(() -> Checkpoint.open(checkpoint))
                .isInstanceOf(CorruptCheckpointException.class);
    }

    @Test
    void aShardMayBeALinkAsInHubCaches() throws IOException {
        Path blob = directory.resolve("blob");
        new SafetensorsWriter().add("x", new float[] {5}, 1).write(blob);
        Path snapshot = Files.createDirectory(directory.resolve("snapshot"));
        Files.writeString(snapshot.resolve("config.json"), CONFIG);
        Files.createSymbolicLink(snapshot.resolve("a.safetensors"), Path.of("../blob"));
        index(snapshot, "{\"weight_map\":{\"x\":\"a.safetensors\"}}");
        try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
            assertThat(checkpoint.tensor("x").toFloats()).containsExactly(5);
        }
        Files.delete(blob);
        assertThatThrownBy(() -> Checkpoint.open(snapshot))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("was the download complete?");
        Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../gone"));
        assertThatThrownBy(() -> Checkpoint.open(snapshot))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("model.safetensors: there is no such file");
    }

    @Test
    void nothingStaysOpenAfterCloseOrFailure() throws IOException {
        Path broken = Files.createDirectory(directory.resolve("broken"));
        Files.writeString(broken.resolve("config.json"), CONFIG);
        for (String shard : new String[] {"a", "b", "c"}) {
            new SafetensorsWriter().add(shard, new float[1], 1).write(broken.resolve(shard));
        }
        Files.write(broken.resolve("d"), new byte[20]);
        List<String> indexes =
                List.of(
                        "{\"weight_map\":{\"a\":\"a\",\"b\":\"b\",\"x\":\"d\"}}",
                        "{\"weight_map\":{\"a\":\"a\",\"b\":\"b\",\"x\":\"missing\"}}",
                        "{\"weight_map\":{\"a\":\"a\",\"b\":\"b\",\"x\":\"c\"}}");
        for (String json : indexes) {
            index(broken, json);
            assertThatThrownBy(() -> Checkpoint.open(broken))
                    .isInstanceOf(CheckpointException.class);
            assertThat(openFiles()).isEmpty();
        }
        assertThatThrownBy(() -> TorchFile.open(Golden.path("edge_pickle/forbidden_global.bin")))
                .isInstanceOf(ForbiddenPickleException.class);
        assertThat(openFiles()).isEmpty();
        for (String layout : new String[] {"", "/bin", "/bin_sharded", "/st_sharded"}) {
            try (Checkpoint checkpoint = Checkpoint.open(Golden.path("llama" + layout))) {
                checkpoint.tensor("lm_head.weight").toFloats();
                assertThat(Files.isDirectory(OPEN_FILES) == !openFiles().isEmpty()).isTrue();
            }
            assertThat(openFiles()).isEmpty();
        }
    }

    @Test
    void threadsReadTheSameTensorAtOnce() throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(Golden.path("llama/bin"))) {
            StoredTensor tensor = checkpoint.tensor("lm_head.weight");
            float[] expected = tensor.toFloats();
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                List<Callable<float[]>> reads = new ArrayList<>();
                for (int i = 0; i < 400; i++) {
                    boolean interrupted = i % 20 == 0;
                    reads.add(
                            () -> {
                                if (interrupted) {
                                    Thread.currentThread().interrupt();
                                }
                                float[] read = tensor.toFloats();
                                assertThat(Thread.interrupted()).isEqualTo(interrupted);
                                return read;
                            });
                }
                for (Future<float[]> read : threads.invokeAll(reads)) {
                    assertThat(read.get()).isEqualTo(expected);
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    /** Which of the files of these tests this process has open, as far as Linux tells. */
    private List<Path> openFiles() throws IOException {
        if (!Files.isDirectory(OPEN_FILES)) {
            return List.of();
        }
        Path golden = Golden.path("llama").getParent().toRealPath();
        Path temporary = directory.toRealPath();
        List<Path> open = new ArrayList<>();
        try (var links = Files.newDirectoryStream(OPEN_FILES)) {
            for (Path link : links) {
                try {
                    Path file = Files.readSymbolicLink(link);
                    if (file.startsWith(golden) || file.startsWith(temporary)) {
                        open.add(file);
                    }
                } catch (NoSuchFileException e) {
                    // Another thread closed it between the listing and this look: it is not open.
                }
            }
        }
        return open;
    }

    private static String hash(Path directory) {
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            return checkpoint.contentHash();
        }
    }

    private Path small(String name, String config, String tensor, float[] values, long... shape)
            throws IOException {
        Path checkpoint = Files.createDirectory(directory.resolve(name));
        Files.writeString(checkpoint.resolve("config.json"), config);
        new SafetensorsWriter()
                .add(tensor, values, shape)
                .write(checkpoint.resolve("model.safetensors"));
        return checkpoint;
    }

    private static void index(Path checkpoint, String json) throws IOException {
        Files.writeString(checkpoint.resolve("model.safetensors.index.json"), json);
    }
}
