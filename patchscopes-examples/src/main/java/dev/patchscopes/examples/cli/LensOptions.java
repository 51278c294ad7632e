package dev.patchscopes.examples.cli;

import dev.patchscopes.Layers;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of commands that read with lenses. */
final class LensOptions {

    @Option(
            names = "--lens-dir",
            paramLabel = "DIR",
            description = "folder of the tuned lens, as train-lens writes it")
    private Optional<Path> folder = Optional.empty();

    @Option(
            names = "--layers",
            paramLabel = "LAYERS",
            defaultValue = "all",
            converter = LayersConverter.class,
            description = LayersConverter.SYNTAX + "; all unless given")
    private Layers layers;

    /** Where a tuned lens is kept, if that was said. */
    Optional<Path> folder() {
        return folder;
    }

    Layers layers() {
        return layers;
    }
}
