package dev.patchscopes.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.google.gson.JsonPrimitive;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.CheckpointNotFoundException;
import dev.patchscopes.checkpoint.ConfigException;
import dev.patchscopes.checkpoint.CorruptCheckpointException;
import dev.patchscopes.checkpoint.ForbiddenPickleException;
import dev.patchscopes.checkpoint.MissingTensorException;
import dev.patchscopes.checkpoint.UnsupportedCheckpointException;
import dev.patchscopes.text.TokenizerFormatException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that cannot be loaded: a typed error that says what is wrong, and nothing left. */
class LoadErrorsTest {

    private static final String QKV = "transformer.h.1.attn.c_attn.weight";

    @TempDir private Path directory;

    private int arraysBefore;

    @BeforeEach
    void count() {
        arraysBefore = TestModels.nativeArrays();
    }

    /** Neither native arrays nor open files stay behind a failed load. */
    @AfterEach
    void nothingIsLeft() throws IOException {
        assertThat(TestModels.nativeArrays()).isEqualTo(arraysBefore);
        assertThat(openFiles(directory)).isEmpty();
    }

    private static List<Path> openFiles(Path below) throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return List.of();
        }
        try (Stream<Path> links = Files.list(descriptors)) {
            return links.filter(Files::isSymbolicLink)
                    .flatMap(LoadErrorsTest::target)
                    .filter(target -> target.startsWith(below))
                    .toList();
        }
    }

    private static Stream<Path> target(Path link) {
        try {
            return Stream.of(Files.readSymbolicLink(link));
        } catch (IOException e) { // closed since it was listed
            return Stream.empty();
        }
    }

    private CheckpointCopy copy() {
        return CheckpointCopy.of("gpt2", directory);
    }

    private void assertLoadFails(Class<? extends Exception> type, String... parts) {
        assertThatThrownBy(() -> HookedModel.load(directory))
                .isInstanceOf(type)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private void rewrite(Path file, byte[] header, byte[] data) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(8 + header.length + data.length);
        out.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).put(data);
        Files.write(file, out.array());
    }

    private String header(byte[] file) {
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return new String(file, 8, length, UTF_8);
    }

    private void changeHeader(String from, String to) throws IOException {
        Path file = copy().write().resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        String header = header(bytes);
        assertThat(header).contains(from);
        byte[] data = Arrays.copyOfRange(bytes, 8 + header.getBytes(UTF_8).length, bytes.length);
        rewrite(file, header.replace(from, to).getBytes(UTF_8), data);
    }

    @Test
    void truncatedWeights() throws IOException {
        Path file = copy().write().resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 100));
        assertLoadFails(CorruptCheckpointException.class, "model.safetensors");
    }

    @Test
    void headerLongerThanTheFile() throws IOException {
        Path file = copy().write().resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1L << 40);
        Files.write(file, bytes);
        assertLoadFails(CorruptCheckpointException.class, "model.safetensors", "1099511627776");
    }

    @Test
    void overlappingTensors() throws IOException {
        copy().write();
        byte[] bytes = Files.readAllBytes(directory.resolve("model.safetensors"));
        Matcher offsets =
                Pattern.compile("data_offsets\":\\[(\\d+),(\\d+)]").matcher(header(bytes));
        assertThat(offsets.find()).isTrue();
        assertThat(offsets.find(offsets.end())).isTrue(); // the second tensor's
        long from = Long.parseLong(offsets.group(1));
        long to = Long.parseLong(offsets.group(2));
        changeHeader("[%d,%d]".formatted(from, to), "[%d,%d]".formatted(from - 4, to - 4));
        assertLoadFails(CorruptCheckpointException.class, "model.safetensors");
    }

    @Test
    void unknownElementType() throws IOException {
        changeHeader("\"F32\"", "\"F31\"");
        assertLoadFails(CheckpointException.class, "F31");
    }

    @Test
    void missingTensor() {
        copy().without(QKV).write();
        assertLoadFails(MissingTensorException.class, QKV, "the nearest name is");
    }

    @Test
    void surplusTensor() {
        copy().with("transformer.h.9.mystery", new float[4], 4).write();
        assertLoadFails(
                WeightMismatchException.class, "1 tensors", "gpt2", "transformer.h.9.mystery");
    }

    @Test
    void wrongShapes() {
        copy().with(QKV, new float[47 * 144], 47, 144).write();
        assertLoadFails(WeightMismatchException.class, QKV, "[47, 144]", "[48, 144]");
        copy().with("transformer.h.0.ln_1.bias", new float[49], 49).write();
        assertLoadFails(WeightMismatchException.class, "transformer.h.0.ln_1.bias", "[49]", "[48]");
        copy().with("transformer.h.0.ln_1.bias", new float[48], 1, 48).write();
        assertLoadFails(WeightMismatchException.class, "transformer.h.0.ln_1.bias", "[1, 48]");
        copy().config("vocab_size", new JsonPrimitive(130)).write();
        assertLoadFails(WeightMismatchException.class, "transformer.wte.weight", "131 rows", "130");
        copy().config("n_positions", new JsonPrimitive(65)).write();
        assertLoadFails(WeightMismatchException.class, "transformer.wpe.weight", "64", "65");
    }

    @Test
    void unknownFamily() {
        copy().config("model_type", new JsonPrimitive("mamba")).write();
        assertLoadFails(UnsupportedModelException.class, "mamba", "gpt2", "llama");
        assertThat(new UnsupportedModelException("x")).isInstanceOf(ModelException.class);
    }

    @Test
    void brokenConfiguration() throws IOException {
        copy().write();
        Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"gpt2\", ");
        assertLoadFails(CheckpointException.class, "config.json");
        Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
        assertLoadFails(
                WeightMismatchException.class, "transformer.wte.weight"); // GPT-2's own sizes
        copy().config("n_head", new JsonPrimitive("four")).write();
        assertLoadFails(ConfigException.class, "n_head", "four");
    }

    @Test
    void missingFiles() throws IOException {
        assertLoadFails(CheckpointNotFoundException.class, "config.json");
        Files.copy(
                TestModels.directory("gpt2").resolve("config.json"),
                directory.resolve("config.json"));
        assertLoadFails(CheckpointNotFoundException.class, "there are no weights");
        assertThatThrownBy(() -> HookedModel.load(directory.resolve("absent")))
                .isInstanceOf(CheckpointNotFoundException.class)
                .hasMessageContaining("no such directory");
    }

    @Test
    void forbiddenPickle() throws IOException {
        copy().writeConfig();
        Files.copy(
                TestModels.directory("edge_pickle").resolve("forbidden_global.bin"),
                directory.resolve("pytorch_model.bin"));
        assertLoadFails(ForbiddenPickleException.class, "__builtin__.len");
    }

    @Test
    void indexOutsideItsDirectory() throws IOException {
        copy().writeConfig();
        Files.writeString(
                directory.resolve("model.safetensors.index.json"),
                "{\"weight_map\": {\"transformer.wte.weight\": \"../secret.safetensors\"}}");
        assertLoadFails(CheckpointException.class, "../secret.safetensors");
    }

    @Test
    void brokenTokenizer() throws IOException {
        copy().write();
        Files.writeString(directory.resolve("tokenizer.json"), "{\"model\": {}}");
        assertLoadFails(TokenizerFormatException.class, "tokenizer");
    }

    @Test
    void weightsFailAfterTheTokenizerWasLoaded() throws Exception {
        copy().without(QKV)
                .file(
                        Path.of(
                                LoadErrorsTest.class
                                        .getResource(
                                                "/dev/patchscopes/text/byte-level/tokenizer.json")
                                        .toURI()))
                .write();
        assertLoadFails(MissingTensorException.class, QKV);
    }

    @Test
    void weightsLargerThanTheMachine() throws IOException {
        // 8 TiB in float64, in a file of holes
        long stored = 2L * (1 << 24) * (1 << 16);
        String header =
                ("{\"transformer.wte.weight\":{\"dtype\":\"F16\",\"shape\":[16777216,65536],"
                                + "\"data_offsets\":[0,%d]}}")
                        .formatted(stored);
        copy().config("vocab_size", new JsonPrimitive(1 << 24))
                .config("n_embd", new JsonPrimitive(1 << 16))
                .writeConfig();
        Path file = directory.resolve("model.safetensors");
        rewrite(file, header.getBytes(UTF_8), new byte[0]);
        try (RandomAccessFile holes = new RandomAccessFile(file.toFile(), "rw")) {
            holes.setLength(8 + header.length() + stored);
        }
        assertThatThrownBy(
                        () ->
                                HookedModel.loader(directory)
                                        .device(Device.cpu())
                                        .computeType(ComputeType.FLOAT64)
                                        .load())
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("8192.0 GiB in FLOAT64")
                .hasMessageContaining("choose a smaller compute type");
    }

    @Test
    void aDeviceThatIsNotThere() {
        assertThatThrownBy(
                        () ->
                                HookedModel.loader(TestModels.directory("gpt2"))
                                        .device(Device.gpu(77))
                                        .load())
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("gpu(77) was asked for")
                .hasMessageContaining("Device.cpu()");
    }

    @Test
    void pickledTypesThatNoTensorHasAreRefusedBeforeTheEngineSeesThem() throws IOException {
        changeHeader("\"F32\"", "\"C64\"");
        assertLoadFails(UnsupportedCheckpointException.class, "C64");
    }
}
