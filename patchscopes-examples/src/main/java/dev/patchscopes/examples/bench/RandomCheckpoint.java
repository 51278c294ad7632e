package dev.patchscopes.examples.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A checkpoint of the GPT-2 architecture with random weights, written to disk in the ordinary
 * format, so that benchmarks load it as users load theirs.
 *
 * @param layers number of blocks
 * @param width {@code d_model}
 * @param heads number of heads
 * @param vocabulary number of tokens
 */
record RandomCheckpoint(int layers, int width, int heads, int vocabulary) {
    private static final int CHUNK_BYTES = 1 << 20;

    /** Reads {@code 12x768}: heads are 64 wide, the vocabulary is GPT-2's rounded up. */
    static RandomCheckpoint of(String size) {
        String[] parts = size.split("x", -1);
        int width = Integer.parseInt(parts[1]);
        int vocabulary = width < 256 ? 512 : 50304;
        return new RandomCheckpoint(
                Integer.parseInt(parts[0]), width, Math.max(4, width / 64), vocabulary);
    }

    /** Writes the checkpoint into a directory that is deleted when the program ends. */
    Path write() {
        try {
            Path directory = Files.createTempDirectory("patchscopes-benchmark");
            Path weights = directory.resolve("model.safetensors");
            Path config = directory.resolve("config.json");
            Files.writeString(config, config());
            writeWeights(weights);
            weights.toFile().deleteOnExit();
            config.toFile().deleteOnExit();
            directory.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String config() {
        return String.format(
                Locale.ROOT,
                "{\"model_type\": \"gpt2\", \"n_layer\": %d, \"n_embd\": %d, \"n_head\": %d,"
                        + " \"vocab_size\": %d, \"n_positions\": 1024}",
                layers,
                width,
                heads,
                vocabulary);
    }

    private Map<String, int[]> shapes() {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("wte.weight", new int[] {vocabulary, width});
        shapes.put("wpe.weight", new int[] {1024, width});
        for (int b = 0; b < layers; b++) {
            String block = "h." + b + ".";
            for (String norm : new String[] {"ln_1", "ln_2"}) {
                shapes.put(block + norm + ".weight", new int[] {width});
                shapes.put(block + norm + ".bias", new int[] {width});
            }
            linear(shapes, block + "attn.c_attn", width, 3 * width);
            linear(shapes, block + "attn.c_proj", width, width);
            linear(shapes, block + "mlp.c_fc", width, 4 * width);
            linear(shapes, block + "mlp.c_proj", 4 * width, width);
        }
        shapes.put("ln_f.weight", new int[] {width});
        shapes.put("ln_f.bias", new int[] {width});
        return shapes;
    }

    private static void linear(Map<String, int[]> shapes, String name, int in, int out) {
        shapes.put(name + ".weight", new int[] {in, out});
        shapes.put(name + ".bias", new int[] {out});
    }

    private void writeWeights(Path file) throws IOException {
        StringBuilder header = new StringBuilder("{");
        long offset = 0;
        for (Map.Entry<String, int[]> entry : shapes().entrySet()) {
            long bytes = 4;
            StringBuilder shape = new StringBuilder();
            for (int length : entry.getValue()) {
                bytes *= length;
                shape.append(shape.isEmpty() ? "" : ",").append(length);
            }
            header.append(header.length() == 1 ? "" : ",")
                    .append(
                            "\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
                                    .formatted(entry.getKey(), shape, offset, offset + bytes));
            offset += bytes;
        }
        header.append("}");
        while (header.length() % 8 != 0) {
            header.append(' ');
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(length.putLong(0, json.length));
            channel.write(ByteBuffer.wrap(json));
            writeValues(channel, offset);
        }
    }

    /** Values of about the size of trained weights: uniform, standard deviation 0.02. */
    private static void writeValues(FileChannel channel, long bytes) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long left = bytes; left > 0; left -= chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, left));
            while (chunk.hasRemaining()) {
                chunk.putFloat((random.nextInt() >> 8) * (0.0346f / (1 << 23)));
            }
            chunk.flip();
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
    }
}
