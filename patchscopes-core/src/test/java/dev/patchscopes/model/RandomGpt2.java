package dev.patchscopes.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** A checkpoint of GPT-2's architecture with random weights of next to no size. */
record RandomGpt2(int layers, int width, int vocabulary, int context) {

    /**
     * Writes the checkpoint, its weights in small pieces.
     *
     * @param type F32, F16 or BF16
     */
    void write(Path directory, String type) throws IOException {
        JsonObject config = new JsonObject();
        config.addProperty("model_type", "gpt2");
        config.addProperty("vocab_size", vocabulary);
        config.addProperty("n_embd", width);
        config.addProperty("n_layer", layers);
        config.addProperty("n_head", width / 64);
        config.addProperty("n_positions", context);
        Files.writeString(directory.resolve("config.json"), config.toString());

        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("wte.weight", new int[] {vocabulary, width});
        shapes.put("wpe.weight", new int[] {context, width});
        for (int b = 0; b < layers; b++) {
            String block = "h." + b + ".";
            norm(shapes, block + "ln_1");
            linear(shapes, block + "attn.c_attn", width, 3 * width);
            linear(shapes, block + "attn.c_proj", width, width);
            norm(shapes, block + "ln_2");
            linear(shapes, block + "mlp.c_fc", width, 4 * width);
            linear(shapes, block + "mlp.c_proj", 4 * width, width);
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
        writeRandom(directory, header.toString().getBytes(UTF_8), at, bytes);
    }

    private void norm(Map<String, int[]> shapes, String name) {
        shapes.put(name + ".weight", new int[] {width});
        shapes.put(name + ".bias", new int[] {width});
    }

    private static void linear(Map<String, int[]> shapes, String name, int in, int out) {
        shapes.put(name + ".weight", new int[] {in, out});
        shapes.put(name + ".bias", new int[] {out});
    }

    private static void writeRandom(Path directory, byte[] header, long total, int bytes)
            throws IOException {
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
