package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.CorruptCheckpointException;
import dev.patchscopes.checkpoint.SafetensorsFile;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.TorchFile;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of lenses: ours and those that PyTorch wrote. */
class LensFolderTest {
    private static final long SEED = Long.getLong("seed", 65);

    @TempDir static Path checkpoint;
    private static HookedModel model;
    @TempDir Path folder;

    @BeforeAll
    static void load() {
        System.out.println("-Dseed=" + SEED);
        model = TinyModel.load(TinyModel.write(checkpoint, SEED), ComputeType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Path resource(String name) {
        try {
            return Path.of(LensFolderTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        Path saved = folder.resolve("lens");
        try (TunedLens start = Lenses.random(model, SEED);
                TunedLens lens =
                        TunedLens.train(model)
                                .onTokens(TinyModel.chunks(1, 8, 8))
                                .steps(2)
                                .tokensPerStep(32)
                                .warmStart(start)
                                .fit()) {
            lens.save(saved);
            lens.save(saved); // in the place of the first
            try (TunedLens loaded = TunedLens.load(model, saved)) {
                for (int k = 0; k < 3; k++) {
                    assertThat(loaded.translator(k)).isEqualTo(lens.translator(k));
                }
                assertThat(loaded.origin()).isEqualTo(lens.origin());
                assertThat(loaded.warnings()).isEmpty();
            }
            Files.delete(saved.resolve("params.safetensors"));
            try (TunedLens loaded = TunedLens.load(model, saved)) { // from params.pt
                for (int k = 0; k < 3; k++) {
                    assertThat(loaded.translator(k)).isEqualTo(lens.translator(k));
                }
            }
        }
        JsonObject config =
                new Gson()
                        .fromJson(Files.readString(saved.resolve("config.json")), JsonObject.class);
        assertThat(config.get("d_model").getAsInt()).isEqualTo(8);
        assertThat(config.get("num_hidden_layers").getAsInt()).isEqualTo(3);
        assertThat(config.get("bias").getAsBoolean()).isTrue();
        assertThat(config.get("lens_type").getAsString()).isEqualTo("linear_tuned_lens");
        assertThat(config.get("base_model_name_or_path").getAsString()).isEqualTo("tiny");
        assertThat(
                        config.getAsJsonObject("patchscopes")
                                .getAsJsonObject("settings")
                                .get("warmStart")
                                .getAsString())
                .isEqualTo("unknown");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(saved);
        }
    }

    @Test
    void aLensThatCannotBeReplacedStaysWhereItIs() throws IOException {
        Path saved = folder.resolve("lens");
        try (TunedLens lens = Lenses.random(model, SEED)) {
            lens.save(saved);
            Path nothing = folder.resolve("nothing");
            assertThatThrownBy(() -> swap(saved).replaceBy(nothing))
                    .isInstanceOf(NoSuchFileException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
            try (TunedLens loaded = TunedLens.load(model, saved)) {
                assertThat(loaded.translator(1)).isEqualTo(lens.translator(1));
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(saved);
        }
    }

    @Test
    void aLensSavedAgainKeepsTheVersionThatMadeIt() throws IOException {
        Path saved = folder.resolve("lens");
        Path config = saved.resolve("config.json");
        try (TunedLens lens = Lenses.random(model, SEED)) {
            assertThat(lens.library()).contains(LibraryVersion.current());
            lens.save(saved);
        }
        assertThat(library(config)).isEqualTo(LibraryVersion.current().value());
        Files.writeString(
                config,
                Files.readString(config)
                        .replace(
                                "\"library\": \"" + LibraryVersion.current().value() + "\"",
                                "\"library\": \"0.0.7\"")
                        .replaceAll(",\\s*\"sha256\".*", ""));
        try (TunedLens lens = TunedLens.load(model, saved)) {
            assertThat(lens.library()).contains(new LibraryVersion("0.0.7"));
            lens.save(saved);
        }
        assertThat(library(config)).isEqualTo("0.0.7");
        try (TunedLens published = TunedLens.load(model, resource("published"))) {
            assertThat(published.library()).isEmpty(); // and nothing is made up for it
            published.save(saved);
        }
        try (TunedLens lens = TunedLens.load(model, saved)) {
            assertThat(lens.library()).isEmpty();
        }
    }

    private static String library(Path config) throws IOException {
        return new Gson()
                .fromJson(Files.readString(config), JsonObject.class)
                .getAsJsonObject("patchscopes")
                .get("library")
                .getAsString();
    }

    private static FolderSwap swap(Path saved) throws IOException {
        return new FolderSwap(saved, Set.of("config.json", "params.pt", "params.safetensors"));
    }

    @Test
    void anOldFolderThatCannotBeDeletedDoesNotUndoASave() throws IOException {
        Path saved = folder.resolve("lens");
        Path other = folder.resolve("other");
        try (TunedLens first = Lenses.random(model, SEED);
                TunedLens second = Lenses.random(model, SEED + 1)) {
            first.save(saved);
            second.save(other);
            Files.writeString(saved.resolve("notes.txt"), "mine"); // between check and swap
            swap(saved).replaceBy(other);
            try (TunedLens loaded = TunedLens.load(model, saved)) {
                assertThat(loaded.translator(1)).isEqualTo(second.translator(1));
            }
        }
        assertThat(other).doesNotExist();
        try (Stream<Path> left = Files.list(folder)) {
            Path old = left.filter(path -> !path.equals(saved)).findFirst().orElseThrow();
            assertThat(old.resolve("notes.txt")).hasContent("mine");
        }
    }

    @Test
    void whatCannotBeDeletedDoesNotHideWhy() throws IOException {
        Path begun = folder.resolve("begun");
        Files.createDirectory(begun);
        Files.writeString(begun.resolve("config.json"), "{}");
        Path odd = begun.resolve("params.pt.part");
        Files.writeString(odd, "");
        IllegalStateException why = new IllegalStateException("the disk is full");
        swap(begun).discard(begun, why);
        assertThat(why.getSuppressed())
                .singleElement()
                .isInstanceOf(DirectoryNotEmptyException.class);
        Files.delete(odd);
        swap(begun).discard(begun, why);
        assertThat(begun).doesNotExist();
        assertThat(why.getSuppressed()).hasSize(1);
    }

    @Test
    void publishedFilesAreRead() {
        try (TunedLens lens = TunedLens.load(model, resource("published"))) {
            for (int k = 0; k < 3; k++) {
                AffineMap map = lens.translator(k);
                for (int out = 0; out < 8; out++) {
                    for (int in = 0; in < 8; in++) {
                        double identity = out == in ? 1 : 0;
                        assertThat(map.matrix().get(out, in))
                                .isEqualTo(identity + (100 * k + 10 * out + in) / 1024.0);
                    }
                    assertThat(map.bias()[out]).isEqualTo(-(10 * k + out) / 256.0);
                }
            }
            assertThat(lens.origin()).isEqualTo(LensOrigin.UNKNOWN);
            assertThat(lens.warnings())
                    .singleElement()
                    .asString()
                    .contains("the key 'something_new' is not known");
        }
        try (TunedLens lens = TunedLens.load(model, resource("published-without-bias"))) {
            assertThat(lens.translator(2).bias()).containsOnly(0);
            assertThat(lens.translator(2).matrix().get(3, 4)).isEqualTo(234 / 1024.0);
            assertThat(lens.warnings()).isEmpty();
        }
    }

    @Test
    void aLensOfOtherWeightsIsReadWithAWarning() {
        Path other = TinyModel.write(folder.resolve("other"), SEED + 1);
        Path saved = folder.resolve("lens");
        try (HookedModel second = TinyModel.load(other, ComputeType.FLOAT32);
                TunedLens lens = Lenses.random(second, SEED)) {
            lens.save(saved);
        }
        try (TunedLens lens = TunedLens.load(model, saved)) {
            assertThat(lens.warnings())
                    .singleElement()
                    .asString()
                    .contains("made for a model with other weights than tiny");
        }
    }

    @Test
    void damageIsAnErrorThatSaysWhere() throws IOException {
        Path saved = folder.resolve("lens");
        try (TunedLens lens = Lenses.random(model, SEED)) {
            lens.save(saved);
        }
        Files.delete(saved.resolve("params.pt"));
        Path params = saved.resolve("params.safetensors");
        byte[] whole = Files.readAllBytes(params);

        Files.write(params, Arrays.copyOf(whole, whole.length - 5));
        assertThatThrownBy(() -> TunedLens.load(model, saved))
                .isInstanceOf(CorruptCheckpointException.class);

        Files.write(params, whole);
        rewrite(params, "2.weight", new float[64], 4, 16);
        assertThatThrownBy(() -> TunedLens.load(model, saved))
                .isInstanceOf(LensFileException.class)
                .hasMessageContaining("tensor '2.weight' has shape [4, 16], expected [8, 8]");

        Files.write(params, whole);
        rewrite(params, "1.bias", new float[0]);
        assertThatThrownBy(() -> TunedLens.load(model, saved))
                .isInstanceOf(LensFileException.class)
                .hasMessageContaining("has no tensor '1.bias'");

        Files.write(params, whole);
        rewrite(params, "1.bias", new float[] {0, 0, Float.NaN, 0, 0, 0, 0, 0}, 8);
        assertThatThrownBy(() -> TunedLens.load(model, saved))
                .hasMessageContaining("number 2 of tensor '1.bias' is NaN");

        Files.delete(params);
        assertThatThrownBy(() -> TunedLens.load(model, saved))
                .hasMessageContaining("neither params.safetensors nor params.pt");
    }

    private static void rewrite(Path file, String name, float[] values, long... shape) {
        SafetensorsWriter out = new SafetensorsWriter();
        try (SafetensorsFile in = SafetensorsFile.open(file)) {
            for (Map.Entry<String, StoredTensor> entry : in.tensors().entrySet()) {
                if (!entry.getKey().equals(name)) {
                    out.add(
                            entry.getKey(),
                            entry.getValue().toFloats(),
                            entry.getValue().shape().toArray());
                } else if (values.length > 0) {
                    out.add(name, values, shape);
                }
            }
        }
        out.write(file);
    }

    @Test
    void configurationsThatDoNotFitAreRefused() throws IOException {
        Path saved = folder.resolve("lens");
        Files.createDirectory(saved);
        assertConfig(saved, "{", "is no JSON");
        assertConfig(saved, "{\"d_model\": 8}", "has no 'num_hidden_layers'");
        assertConfig(
                saved,
                "{\"d_model\": 16, \"num_hidden_layers\": 3}",
                "d_model is 16, and tiny has 8: the lens is of another model");
        assertConfig(
                saved,
                "{\"d_model\": 8, \"num_hidden_layers\": 12}",
                "num_hidden_layers is 12, and tiny has 3");
        assertConfig(
                saved,
                "{\"d_model\": 8, \"num_hidden_layers\": 3, \"lens_type\": \"mlp\"}",
                "of a lens of type 'mlp'");
        assertConfig(saved, "{\"d_model\": \"x\", \"num_hidden_layers\": 3}", "is not");
        assertThatThrownBy(() -> TunedLens.load(model, folder.resolve("nowhere")))
                .isInstanceOf(LensFileException.class)
                .hasMessageContaining("there is no such file");
    }

    private static void assertConfig(Path saved, String json, String message) throws IOException {
        Files.writeString(saved.resolve("config.json"), json);
        assertThatThrownBy(() -> TunedLens.load(model, saved))
                .isInstanceOf(LensFileException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aChangedBitOfPyTorchsFileIsNoticed() throws IOException {
        Path copy = folder.resolve("copy");
        Files.createDirectory(copy);
        Files.copy(resource("published").resolve("config.json"), copy.resolve("config.json"));
        byte[] whole = Files.readAllBytes(resource("published").resolve("params.pt"));
        int refused = 0;
        int tried = 0;
        for (int i = 0; i < whole.length; i += 31, tried++) {
            byte[] flipped = whole.clone();
            flipped[i] ^= 4;
            Files.write(copy.resolve("params.pt"), flipped);
            try (TunedLens lens = TunedLens.load(model, copy);
                    TunedLens right = TunedLens.load(model, resource("published"))) {
                for (int k = 0; k < 3; k++) {
                    assertThat(lens.translator(k)).as("byte %d", i).isEqualTo(right.translator(k));
                }
            } catch (CheckpointException | LensFileException e) {
                assertThat(e).hasMessageContaining(copy.toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(tried / 4);
    }

    @Test
    void otherFilesAreNotReplaced() throws IOException {
        Path occupied = folder.resolve("occupied");
        Files.createDirectory(occupied);
        Files.writeString(occupied.resolve("notes.txt"), "mine");
        try (TunedLens lens = TunedLens.identity(model)) {
            assertThatThrownBy(() -> lens.save(occupied))
                    .isInstanceOf(LensFileException.class)
                    .hasMessageContaining("holds other files than a lens's, such as notes.txt");
        }
        assertThat(occupied.resolve("notes.txt")).hasContent("mine");
    }

    @Test
    void theTorchFileHasTheKeysOfAListOfModules() {
        Path saved = folder.resolve("lens");
        try (TunedLens lens = Lenses.random(model, SEED)) {
            lens.save(saved);
        }
        try (TorchFile in = TorchFile.open(saved.resolve("params.pt"))) {
            assertThat(in.tensors().keySet())
                    .containsExactly(
                            "0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias");
        }
    }
}
