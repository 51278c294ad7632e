package dev.patchscopes.examples.lens;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.corpus.Chunking;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.examples.demo.training.CorpusSource;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.lens.LensEvaluation;
import dev.patchscopes.lens.LensMetric;
import dev.patchscopes.lens.LensReport;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.tuned.LayerTransfer;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Trains a tuned lens for the model that comes with the library, from a residual ridge fit, and
 * compares both with the logit lens on text that neither lens nor model was trained on.
 *
 * <pre>{@code
 * mvn -q compile exec:java -Dexec.mainClass=dev.patchscopes.examples.lens.TunedLensDemo
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.lens.TunedLensDemo -Dexec.args="target/lens"
 * }</pre>
 */
public final class TunedLensDemo {
    private static final int CHUNK = 64;

    /** Documents the model was not trained on either, far from those measured on. */
    private static final long FIRST_DOCUMENT = CorpusSource.HELD_OUT + (1L << 40);

    private TunedLensDemo() {}

    /**
     * How much is fitted.
     *
     * @param documents documents to fit and train on
     * @param ridgeTokens tokens of the ridge fit
     * @param steps steps of the training
     * @param tokensPerStep tokens of a step
     * @param heldOutTexts documents measured on
     */
    record Size(int documents, long ridgeTokens, int steps, int tokensPerStep, int heldOutTexts) {
        static final Size PROGRAM = new Size(12_000, 50_000, 100, 2048, 300);
    }

    /**
     * What the lenses say of held-out text.
     *
     * @param report scores of logit lens, ridge lens and tuned lens
     * @param transfer translators on other layers' states
     */
    record Outcome(LensReport report, LayerTransfer transfer) {

        double divergence(String lens, int layer) {
            return report.of(lens).at(layer, LensMetric.KL_FROM_MODEL).mean();
        }

        /** Mean over layers 0..L/2-1 of the share of KL that the tuned lens saves. */
        double savedInFirstHalf() {
            int half = transfer.layers() / 2;
            double sum = 0;
            for (int layer = 0; layer < half; layer++) {
                sum += 1 - divergence("tuned lens", layer) / divergence("logit lens", layer);
            }
            return sum / half;
        }
    }

    /**
     * Trains and prints.
     *
     * @param arguments where to save the lens; nowhere unless given
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (HookedModel model = HookedModel.demo();
                TunedLens ridge = ridge(model, Size.PROGRAM);
                TunedLens lens = train(model, ridge, Size.PROGRAM)) {
            print(compare(model, ridge, lens, Size.PROGRAM), out);
            if (arguments.length > 0) {
                lens.save(Path.of(arguments[0]));
                out.printf("%nsaved in %s%n", arguments[0]);
            }
        }
    }

    static TunedLens ridge(HookedModel model, Size size) {
        return TunedLens.ridge(model)
                .on(texts(size))
                .chunking(Chunking.joined(CHUNK))
                .tokens(size.ridgeTokens())
                .fit();
    }

    static TunedLens train(HookedModel model, TunedLens ridge, Size size) {
        return TunedLens.train(model)
                .on(texts(size))
                .chunking(Chunking.joined(CHUNK))
                .steps(size.steps())
                .tokensPerStep(size.tokensPerStep())
                .warmStart(ridge)
                .repeating()
                .fit();
    }

    static Outcome compare(HookedModel model, TunedLens ridge, TunedLens tuned, Size size) {
        ImmutableList<String> heldOut = heldOut(size, size.heldOutTexts());
        return new Outcome(
                LensEvaluation.of(LogitLens.of(model), ridge, tuned)
                        .texts(heldOut)
                        .skipFirst(1) // the token that begins every text tells nothing
                        .run(),
                LayerTransfer.of(
                        tuned,
                        heldOut.stream().limit(heldOut.size() / 4).map(model::tokenize).toList()));
    }

    private static TextCorpus texts(Size size) {
        return TextCorpus.of(fitted(size));
    }

    /** The texts that lenses of a size are fitted to. */
    static ImmutableList<String> fitted(Size size) {
        return documents(FIRST_DOCUMENT, size.documents());
    }

    /**
     * Texts that lenses of a size were not fitted to, each once, of documents that the model was
     * not trained on; short sentences come up again by chance, so texts are compared, not
     * documents.
     */
    static ImmutableList<String> heldOut(Size size, int count) {
        ImmutableSet<String> fitted = ImmutableSet.copyOf(fitted(size));
        return corpus().documents(CorpusSource.HELD_OUT)
                .map(Document::text)
                .filter(text -> !fitted.contains(text))
                .distinct()
                .limit(count)
                .collect(ImmutableList.toImmutableList());
    }

    private static ImmutableList<String> documents(long first, int count) {
        return corpus().documents(first)
                .limit(count)
                .map(Document::text)
                .collect(ImmutableList.toImmutableList());
    }

    private static Corpus corpus() {
        long seed = GroundTruth.of(DemoModel.STANDARD).seed();
        return Corpus.about(KnowledgeBase.load(seed), seed);
    }

    static void print(Outcome outcome, PrintStream out) {
        out.printf(
                "KL(model||lens) on %d held-out tokens, nats%n%n",
                outcome.report().setup().states());
        out.println("layer   logit    ridge    tuned    saved");
        for (int layer = 0; layer <= outcome.transfer().layers(); layer++) {
            double logit = outcome.divergence("logit lens", layer);
            double tuned = outcome.divergence("tuned lens", layer);
            out.printf(
                    Locale.ROOT,
                    "%5d  %7.4f  %7.4f  %7.4f  %5.1f %%%n",
                    layer,
                    logit,
                    outcome.divergence("ridge lens", layer),
                    tuned,
                    logit == 0 ? 0 : 100 * (1 - tuned / logit));
        }
        out.printf(
                Locale.ROOT,
                "%nsaved in the first half of the layers, on average: %.1f %%%n%n%s%n",
                100 * outcome.savedInFirstHalf(),
                outcome.transfer());
    }
}
