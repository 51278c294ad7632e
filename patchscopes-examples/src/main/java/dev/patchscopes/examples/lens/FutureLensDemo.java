package dev.patchscopes.examples.lens;

import dev.patchscopes.Layers;
import dev.patchscopes.lens.future.FutureLensReport;
import dev.patchscopes.lens.future.FutureReading;
import dev.patchscopes.lens.future.FutureScore;
import dev.patchscopes.lens.future.FutureTruth;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Positions;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The future lens (Pal et al., 2023) on the model that comes with the library: fits affine maps and
 * a prompt, shows which tokens to come the states of a prompt hold, and measures how far ahead each
 * method sees on texts it was not fitted on.
 *
 * <pre>{@code
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.lens.FutureLensDemo \
 *     -Dexec.args="'The capital of France is'"
 * }</pre>
 */
public final class FutureLensDemo {
    private static final FutureLensStudy.Size SIZE =
            new FutureLensStudy.Size(400, 150, 150, Layers.everyNth(2));

    private FutureLensDemo() {}

    /**
     * Runs the demo.
     *
     * @param arguments a prompt; {@code The capital of France is} without one
     */
    public static void main(String[] arguments) {
        if (arguments.length > 1) {
            throw new IllegalArgumentException("usage: FutureLensDemo [PROMPT]");
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        run(arguments.length == 1 ? arguments[0] : "The capital of France is", SIZE, out);
    }

    /**
     * @param size how much is fitted and measured
     */
    static void run(String prompt, FutureLensStudy.Size size, PrintStream out) {
        try (HookedModel model = HookedModel.demo()) {
            out.printf("fitting on %d texts ...%n", size.texts());
            FutureLensStudy study = FutureLensStudy.fit(model, size, steps(out));
            out.printf("%s%n%n", study.prompt());
            FutureReading reading =
                    study.learned().read(model.tokenize(prompt), size.layers(), Positions.all());
            out.printf("%s%n%n", reading);
            FutureLensReport report = study.measure(model, size);
            out.printf("%s%n%n", report);
            methods(report, out);
        }
    }

    private static Progress steps(PrintStream out) {
        return (done, total, elapsed) -> {
            if (done % 50 == 0) {
                out.printf("  step %d of %d, %d s%n", done, total, elapsed.toSeconds());
            }
        };
    }

    /** Each method at its best layer. */
    private static void methods(FutureLensReport report, PrintStream out) {
        out.println(
                "precision@1 against the model's own continuation, each method at its best layer"
                        + " for each N (chosen on the same positions), with 95 % intervals");
        for (String predictor : report.predictors()) {
            out.println(predictor);
            for (int ahead = 0; ahead <= 3; ahead++) {
                FutureScore best = report.best(predictor, FutureTruth.MODEL, ahead);
                Rate rate = best.rate(1);
                out.printf(
                        Locale.ROOT,
                        "  N = %d  %5.1f %% (%.1f..%.1f)%s, surprisal %.2f nats%n",
                        ahead,
                        100 * rate.share(),
                        100 * rate.low(),
                        100 * rate.high(),
                        best.layer().isPresent() ? ", layer " + best.layer().getAsInt() : "",
                        best.surprisalOfPrediction());
            }
        }
    }
}
