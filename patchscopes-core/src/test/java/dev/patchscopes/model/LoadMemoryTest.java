package dev.patchscopes.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The peak of memory while a model is loaded: no more than the model, one tensor and a little, in
 * whatever format the checkpoint is stored. Each load is a process of its own, and what the process
 * takes to load a tiny model is taken off.
 */
class LoadMemoryTest {

    private static final int WIDTH = 1024;
    private static final int VOCABULARY = 4096;
    private static final int LAYERS = 2;
    private static final int CONTEXT = 64;

    private static final Map<ComputeType, Long> BASELINES = new EnumMap<>(ComputeType.class);

    @TempDir private Path directory;

    /** Loads the directory given, and prints the peak of resident memory in KiB. */
    static final class Loader {
        private Loader() {}

        public static void main(String[] arguments) throws IOException {
            try (HookedModel model =
                    HookedModel.loader(Path.of(arguments[0]))
                            .device(Device.cpu())
                            .computeType(ComputeType.valueOf(arguments[1]))
                            .load()) {
                System.out.println(model.summary().weightBytes());
                System.out.println(ForkedJvm.memoryKib("VmHWM"));
            }
        }
    }

    private record Load(long weightBytes, long peakKib) {}

    private static Load load(Path checkpoint, ComputeType type) throws Exception {
        List<String> lines = ForkedJvm.run(Loader.class, checkpoint.toString(), type.name());
        return new Load(Long.parseLong(lines.get(0)), Long.parseLong(lines.get(1)));
    }

    /**
     * What the process takes to load a tiny model in the same format: the virtual machine, libtorch
     * and as much of its code as loading touches.
     */
    private static long baselineKib(ComputeType type) throws Exception {
        if (!BASELINES.containsKey(type)) {
            BASELINES.put(type, load(TestModels.directory("gpt2"), type).peakKib());
        }
        return BASELINES.get(type);
    }

    @ParameterizedTest
    @CsvSource({
        "F32, FLOAT32",
        "F16, FLOAT32",
        "BF16, FLOAT32",
        "F16, FLOAT16",
        "BF16, FLOAT16",
        "F32, FLOAT64"
    })
    void peakIsTheModelAndOneTensor(String stored, ComputeType type) throws Exception {
        assumeThat(ForkedJvm.canMeasure()).isTrue();
        write(stored);
        Load load = load(directory, type);
        long largest = (long) VOCABULARY * WIDTH * type.bytes();
        assertThat(load.weightBytes()).isGreaterThan(50L << 20);
        assertThat(1024 * (load.peakKib() - baselineKib(type)))
                .as("bytes beyond the process's own, for %d of weights", load.weightBytes())
                .isLessThan((long) (1.15 * load.weightBytes()) + largest)
                .isGreaterThan((long) (0.9 * load.weightBytes()));
    }

    /** A GPT-2 of some 120 MB in float32, its weights written in small pieces. */
    private void write(String type) throws IOException {
        JsonObject config = new JsonObject();
        config.addProperty("model_type", "gpt2");
        config.addProperty("vocab_size", VOCABULARY);
        config.addProperty("n_embd", WIDTH);
        config.addProperty("n_layer", LAYERS);
        config.addProperty("n_head", 16);
        config.addProperty("n_positions", CONTEXT);
        Files.writeString(directory.resolve("config.json"), config.toString());

        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("wte.weight", new int[] {VOCABULARY, WIDTH});
        shapes.put("wpe.weight", new int[] {CONTEXT, WIDTH});
        for (int b = 0; b < LAYERS; b++) {
            String block = "h." + b + ".";
            norm(shapes, block + "ln_1");
            linear(shapes, block + "attn.c_attn", WIDTH, 3 * WIDTH);
            linear(shapes, block + "attn.c_proj", WIDTH, WIDTH);
            norm(shapes, block + "ln_2");
            linear(shapes, block + "mlp.c_fc", WIDTH, 4 * WIDTH);
            linear(shapes, block + "mlp.c_proj", 4 * WIDTH, WIDTH);
        }
        norm(shapes, "ln_f");
        int bytes = type.equals("F32") ? 4 : 2;
        JsonObject header = new JsonObject();
        long at = 0;
        for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
            JsonObject entry = new JsonObject();
            JsonArray shape = new JsonArray();
            long elements = 1;
            for (int length : tensor.getValue()) {
                shape.add(length);
                elements *= length;
            }
            JsonArray offsets = new JsonArray();
            offsets.add(at);
            at += elements * bytes;
            offsets.add(at);
            entry.addProperty("dtype", type);
            entry.add("shape", shape);
            entry.add("data_offsets", offsets);
            header.add(tensor.getKey(), entry);
        }
        writeRandom(header.toString().getBytes(UTF_8), at, bytes);
    }

    private static void norm(Map<String, int[]> shapes, String name) {
        shapes.put(name + ".weight", new int[] {WIDTH});
        shapes.put(name + ".bias", new int[] {WIDTH});
    }

    private static void linear(Map<String, int[]> shapes, String name, int in, int out) {
        shapes.put(name + ".weight", new int[] {in, out});
        shapes.put(name + ".bias", new int[] {out});
    }

    private void writeRandom(byte[] header, long total, int bytes) throws IOException {
        SplittableRandom random = new SplittableRandom(141);
        ByteBuffer chunk = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel file =
                FileChannel.open(
                        directory.resolve("model.safetensors"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            chunk.putLong(header.length).put(header).flip();
            file.write(chunk);
            for (long done = 0; done < total; done += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), total - done));
                while (chunk.hasRemaining()) {
                    // any finite numbers: small exponents in all three formats
                    int bits = 0x1fff & random.nextInt();
                    if (bytes == 4) {
                        chunk.putInt(bits << 16);
                    } else {
                        chunk.putShort((short) bits);
                    }
                }
                chunk.flip();
                while (chunk.hasRemaining()) {
                    file.write(chunk);
                }
            }
        }
    }
}
