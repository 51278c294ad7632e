package dev.patchscopes.model.internal.family;

import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.golden.GoldenFiles;
import dev.patchscopes.model.internal.Architecture;
import java.nio.file.Path;
import java.util.List;

/** The architectures of the small random checkpoints under {@code golden/}. */
final class GoldenModels {

    private GoldenModels() {}

    static List<String> names() {
        return GoldenFiles.names();
    }

    static Path file(String model, String file) {
        return GoldenFiles.file(model, file);
    }

    static Architecture architecture(String model, String configFile) {
        return Families.describe(ModelConfig.read(file(model, configFile)));
    }

    static Architecture architecture(String model) {
        return architecture(model, "config.json");
    }

    /** The architecture of a configuration given as JSON with single quotes. */
    static Architecture parsed(String json) {
        return Families.describe(ModelConfig.parse("config.json", json.replace('\'', '"')));
    }
}
