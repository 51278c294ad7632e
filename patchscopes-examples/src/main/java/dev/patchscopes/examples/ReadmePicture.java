package dev.patchscopes.examples;

import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Theme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Draws the picture of the README, from the root of the project.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.ReadmePicture
 * }</pre>
 */
public final class ReadmePicture {

    static final String PROMPT = "The capital of France is";

    private ReadmePicture() {}

    /**
     * Draws it on a light and on a dark ground.
     *
     * @param arguments the folder to write to; that of the README's pictures unless given
     * @throws IOException if the files cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        Path folder =
                Path.of(arguments.length > 0 ? arguments[0] : "patchscopes-examples/pictures");
        Files.createDirectories(folder);
        Heatmap heatmap = heatmap();
        heatmap.writeSvg(folder.resolve("lens.svg"));
        heatmap.writeSvg(folder.resolve("lens-dark.svg"), Theme.DARK);
    }

    static Heatmap heatmap() {
        try (HookedModel model = HookedModel.demo()) {
            return LogitLens.of(model).read(PROMPT).heatmap();
        }
    }
}
