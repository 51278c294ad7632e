package dev.patchscopes.model.internal.family;

import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.internal.Architecture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The small random checkpoints under {@code golden/}, one directory a model. */
final class GoldenModels {

    private static final Path ROOT = root();

    private GoldenModels() {}

    static List<String> names() {
        try (Stream<Path> directories = Files.list(ROOT)) {
            return directories
                    .filter(directory -> Files.exists(directory.resolve("config_v5.json")))
                    .map(directory -> directory.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path file(String model, String file) {
        return ROOT.resolve(model).resolve(file);
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

    private static Path root() {
        try {
            return Path.of(GoldenModels.class.getResource("/golden").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
