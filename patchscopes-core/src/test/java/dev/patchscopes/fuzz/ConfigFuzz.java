package dev.patchscopes.fuzz;

import dev.patchscopes.checkpoint.CheckpointException;
import dev.patchscopes.checkpoint.ModelConfig;
import dev.patchscopes.model.ModelException;
import dev.patchscopes.model.internal.Architecture;
import dev.patchscopes.model.internal.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** The input is a config.json, and must describe a model or be refused. */
public final class ConfigFuzz {

    private static final Path FILE = Scratch.directory("config").resolve("config.json");
    private static final Property PROPERTY =
            new Property(Set.of(CheckpointException.class, ModelException.class), 100, 32L << 20);

    private ConfigFuzz() {}

    /**
     * Reads one input.
     *
     * @param input the file's bytes
     * @throws IOException if the scratch directory fails
     */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Files.write(FILE, input);
        PROPERTY.holdsFor(input.length, ConfigFuzz::describe);
    }

    private static void describe() {
        ModelConfig config = ModelConfig.read(FILE);
        if (config.toString().isEmpty()) {
            throw new AssertionError("nothing to show");
        }
        Architecture architecture = Families.describe(config);
        if (!architecture.spec().equals(Families.describe(config).spec())) {
            throw new AssertionError("described differently the second time");
        }
    }
}
