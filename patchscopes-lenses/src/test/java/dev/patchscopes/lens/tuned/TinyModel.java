package dev.patchscopes.lens.tuned;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A random model of the GPT-2 architecture: 3 blocks of width 8, 50 tokens. */
final class TinyModel {
    static final int WIDTH = 8;
    static final int LAYERS = 3;
    static final int VOCABULARY = 50;
    private static final String CONFIG =
            """
            {"model_type": "gpt2", "n_layer": 3, "n_embd": 8, "n_head": 2, "vocab_size": 50,
             "n_positions": 32}
            """;

    private TinyModel() {}

    /** Writes the checkpoint: the same for the same seed. */
    static Path write(Path directory, long seed) {
        Random random = new Random(seed);
        SafetensorsWriter out = new SafetensorsWriter();
        add(out, random, 1, "wte.weight", VOCABULARY, WIDTH);
        add(out, random, 0.3, "wpe.weight", 32, WIDTH);
        for (int b = 0; b < LAYERS; b++) {
            String block = "h." + b + ".";
            norm(out, random, block + "ln_1");
            norm(out, random, block + "ln_2");
            linear(out, random, block + "attn.c_attn", WIDTH, 3 * WIDTH);
            linear(out, random, block + "attn.c_proj", WIDTH, WIDTH);
            linear(out, random, block + "mlp.c_fc", WIDTH, 4 * WIDTH);
            linear(out, random, block + "mlp.c_proj", 4 * WIDTH, WIDTH);
        }
        norm(out, random, "ln_f");
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("config.json"), CONFIG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.write(directory.resolve("model.safetensors"));
        return directory;
    }

    static HookedModel load(Path directory, ComputeType type) {
        return HookedModel.loader(directory).name("tiny").computeType(type).load();
    }

    static List<ImmutableIntArray> chunks(long seed, int count, int length) {
        Random random = new Random(seed);
        List<ImmutableIntArray> out = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            out.add(ImmutableIntArray.copyOf(random.ints(length, 0, VOCABULARY)));
        }
        return out;
    }

    private static void norm(SafetensorsWriter out, Random random, String name) {
        float[] gain = new float[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            gain[i] = (float) (1 + 0.2 * random.nextGaussian());
        }
        out.add(name + ".weight", gain, WIDTH);
        add(out, random, 0.1, name + ".bias", WIDTH);
    }

    private static void linear(SafetensorsWriter out, Random random, String name, int in, int to) {
        add(out, random, 0.4, name + ".weight", in, to);
        add(out, random, 0.1, name + ".bias", to);
    }

    private static void add(
            SafetensorsWriter out, Random random, double scale, String name, int... shape) {
        int count = 1;
        long[] wide = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            count *= shape[i];
            wide[i] = shape[i];
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        out.add(name, values, wide);
    }
}
