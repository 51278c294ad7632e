package dev.patchscopes.model.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The small random checkpoints under {@code golden/}, one directory a configuration. */
public final class GoldenFiles {

    private static final Path ROOT = root();

    private GoldenFiles() {}

    /** Names of all configurations, sorted. */
    public static List<String> names() {
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

    /** A configuration's directory. */
    public static Path directory(String name) {
        return ROOT.resolve(name);
    }

    /** A file of a configuration. */
    public static Path file(String name, String file) {
        return directory(name).resolve(file);
    }

    private static Path root() {
        try {
            return Path.of(GoldenFiles.class.getResource("/golden").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
