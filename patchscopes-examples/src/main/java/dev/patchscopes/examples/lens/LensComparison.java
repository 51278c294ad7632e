package dev.patchscopes.examples.lens;

import dev.patchscopes.lens.LensEvaluation;
import dev.patchscopes.lens.LensReport;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.TokenIdentityLens;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.HookedModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * All lenses of single states on the model that comes with the library, layer by layer: precision,
 * surprisal, divergence and cross-entropy of each, at one random position of texts that neither
 * model nor lenses were trained on, beside random vectors and prompts with nothing patched in.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.lens.LensComparison
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.lens.LensComparison -Dexec.args="target/lenses"
 * }</pre>
 */
public final class LensComparison {
    private static final int TEXTS = 600;
    private static final long SEED = 42;

    private LensComparison() {}

    /**
     * Fits, evaluates and prints.
     *
     * @param arguments a directory for the report as JSON and CSV; none unless given
     * @throws IOException if it cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (HookedModel model = HookedModel.demo();
                TunedLens ridge = TunedLensDemo.ridge(model, TunedLensDemo.Size.PROGRAM);
                TunedLens tuned = TunedLensDemo.train(model, ridge, TunedLensDemo.Size.PROGRAM)) {
            LensReport report =
                    evaluate(
                            model,
                            ridge,
                            tuned,
                            TunedLensDemo.heldOut(TunedLensDemo.Size.PROGRAM, TEXTS));
            out.println(report);
            if (arguments.length > 0) {
                Path directory = Files.createDirectories(Path.of(arguments[0]));
                Files.writeString(directory.resolve("lenses.json"), report.toJson());
                Files.writeString(directory.resolve("lenses.csv"), report.toCsv());
            }
        }
    }

    static LensReport evaluate(
            HookedModel model, TunedLens ridge, TunedLens tuned, List<String> texts) {
        return LensEvaluation.of(
                        LogitLens.of(model),
                        LogitLens.of(model).throughLastBlocks(1),
                        ridge,
                        tuned,
                        TokenIdentityLens.of(model))
                .texts(texts)
                .onePositionPerText()
                .skipFirst(1) // the token that begins every text tells nothing
                .controls()
                .seed(SEED)
                .run();
    }
}
