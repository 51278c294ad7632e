package dev.patchscopes;

import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The small random checkpoints under {@code golden/}, as models. */
final class SmallModels {

    private SmallModels() {}

    /** A model that takes token ids only. */
    static HookedModel load(String name) {
        return load(name, ComputeType.FLOAT32);
    }

    static HookedModel load(String name, ComputeType type) {
        return HookedModel.loader(resource("/golden/" + name)).computeType(type).load();
    }

    /** A model with a small tokenizer: single characters, and {@code " x"}, {@code " cat"}, ... */
    static HookedModel withTokenizer(String name, Path directory) {
        try {
            Path golden = resource("/golden/" + name);
            Files.copy(golden.resolve("config.json"), directory.resolve("config.json"));
            Files.copy(golden.resolve("model.safetensors"), directory.resolve("model.safetensors"));
            Files.copy(
                    resource("small-tokenizer/tokenizer.json"),
                    directory.resolve("tokenizer.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return HookedModel.loader(directory).name(name).load();
    }

    /** A checkpoint's directory. */
    static Path directory(String name) {
        return resource("/golden/" + name);
    }

    private static Path resource(String path) {
        try {
            return Path.of(SmallModels.class.getResource(path).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
