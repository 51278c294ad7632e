package dev.patchscopes.fuzz;

import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import dev.patchscopes.checkpoint.TorchWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * The input is the index of a checkpoint in shards and, after a separator, its config.json; a third
 * part of any content says that the shards are pickles. The directory around holds more weights,
 * whose values must never be seen.
 */
public final class CheckpointFuzz {

    private static final float INSIDE = 1;
    private static final float OUTSIDE = 666;
    private static final Path OUTER = Scratch.directory("checkpoint");
    private static final Path INNER = OUTER.resolve("model");
    private static final Path SAFETENSORS = INNER.resolve("model.safetensors.index.json");
    private static final Path TORCH = INNER.resolve("pytorch_model.bin.index.json");
    private static final Path CONFIG = INNER.resolve("config.json");
    private static final Property PROPERTY =
            new Property(Set.of(CheckpointException.class), 100, 1 << 20);

    static {
        for (Path directory : new Path[] {OUTER, INNER, INNER.resolve("sub")}) {
            directory.toFile().mkdirs();
            float value = directory.equals(INNER) ? INSIDE : OUTSIDE;
            for (String name : new String[] {"a", "b"}) {
                float[] values = {value, value};
                new SafetensorsWriter().add(name, values, 2).write(directory.resolve(name));
                new TorchWriter().add(name, values, 2).write(directory.resolve(name + ".bin"));
            }
        }
    }

    private CheckpointFuzz() {}

    /**
     * Opens one checkpoint.
     *
     * @param input index, configuration, and whether the shards are pickles
     * @throws IOException if the scratch directory fails
     */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Parts parts = Parts.of(input);
        Path index = parts.has(2) ? TORCH : SAFETENSORS;
        Files.deleteIfExists(SAFETENSORS);
        Files.deleteIfExists(TORCH);
        Files.write(index, parts.files().get(0));
        if (parts.has(1)) {
            Files.write(CONFIG, parts.files().get(1));
        } else {
            Files.writeString(CONFIG, "{}");
        }
        PROPERTY.holdsFor(input.length, () -> list(index));
        PROPERTY.holdsFor(input.length, CheckpointFuzz::open);
    }

    private static void list(Path index) {
        for (String shard : Checkpoint.shards(index)) {
            Path path = INNER.resolve(shard).normalize();
            if (!INNER.equals(path.getParent())) {
                throw new AssertionError("a shard outside the directory: " + path);
            }
        }
    }

    private static void open() {
        try (Checkpoint checkpoint = Checkpoint.open(INNER)) {
            if (checkpoint.contentHash().length() != 64) {
                throw new AssertionError("a hash of another length");
            }
            for (String name : checkpoint.tensorNames()) {
                StoredTensor tensor = checkpoint.tensor(name);
                if (tensor.toFloats()[0] != INSIDE) {
                    throw new AssertionError("read a tensor outside the directory: " + name);
                }
            }
        }
    }
}
