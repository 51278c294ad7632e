package dev.patchscopes.model;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.patchscopes.checkpoint.Checkpoint;
import dev.patchscopes.checkpoint.SafetensorsWriter;
import dev.patchscopes.checkpoint.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A golden checkpoint copied into another directory with changes. */
final class CheckpointCopy {

    @SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
    private record Values(float[] values, long... shape) {
        static Values of(StoredTensor tensor) {
            return new Values(tensor.toFloats(), tensor.shape().toArray());
        }
    }

    private final Path directory;
    private final JsonObject config;
    private final Map<String, Values> tensors = new LinkedHashMap<>();

    private CheckpointCopy(Path directory, JsonObject config) {
        this.directory = directory;
        this.config = config;
    }

    static CheckpointCopy of(String golden, Path directory) {
        Path source = TestModels.directory(golden);
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            String json = Files.readString(source.resolve("config.json"));
            CheckpointCopy copy =
                    new CheckpointCopy(directory, JsonParser.parseString(json).getAsJsonObject());
            for (String name : checkpoint.tensorNames()) {
                copy.tensors.put(name, Values.of(checkpoint.tensor(name)));
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    CheckpointCopy config(String key, JsonElement value) {
        config.add(key, value);
        return this;
    }

    CheckpointCopy without(String tensor) {
        if (tensors.remove(tensor) == null) {
            throw new IllegalArgumentException(tensor + " is not among " + tensors.keySet());
        }
        return this;
    }

    CheckpointCopy with(String tensor, float[] values, long... shape) {
        tensors.put(tensor, new Values(values, shape));
        return this;
    }

    float[] values(String tensor) {
        return tensors.get(tensor).values();
    }

    /** Copies a file of the test resources beside the weights. */
    CheckpointCopy file(Path source) {
        try {
            Files.copy(source, directory.resolve(source.getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    Path write() {
        SafetensorsWriter writer = new SafetensorsWriter();
        tensors.forEach((name, t) -> writer.add(name, t.values(), t.shape()));
        writer.write(directory.resolve("model.safetensors"));
        writeConfig();
        return directory;
    }

    /** The configuration only; weights are the caller's. */
    Path writeConfig() {
        try {
            Files.writeString(
                    directory.resolve("config.json"),
                    new GsonBuilder().serializeNulls().create().toJson(config));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return directory;
    }
}
