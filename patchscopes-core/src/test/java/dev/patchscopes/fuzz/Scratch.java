package dev.patchscopes.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The directory a target writes its inputs to before reading them as files. */
final class Scratch {

    /** Memory-backed where there is such a thing: thousands of inputs a second pass through it. */
    private static final Path MEMORY = Path.of("/dev/shm");

    private Scratch() {}

    /** A new directory, deleted with all it holds when the process ends in an ordinary way. */
    static Path directory(String name) {
        try {
            Path directory =
                    Files.isWritable(MEMORY)
                            ? Files.createTempDirectory(MEMORY, "patchscopes-" + name)
                            : Files.createTempDirectory("patchscopes-" + name);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path path) {
        try {
            if (Files.isDirectory(path)) {
                try (var children = Files.newDirectoryStream(path)) {
                    children.forEach(Scratch::delete);
                }
            }
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
