package dev.patchscopes.examples.lens;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.corpus.Chunking;
import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextChunk;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.examples.demo.training.CorpusSource;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.tuned.LayerTransfer;
import dev.patchscopes.lens.tuned.LensLosses;
import dev.patchscopes.lens.tuned.TunedLens;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
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
     * @param heldOutChunks chunks measured on
     */
    record Size(int documents, long ridgeTokens, int steps, int tokensPerStep, int heldOutChunks) {
        static final Size PROGRAM = new Size(12_000, 50_000, 100, 2048, 64);
    }

    /**
     * What the lenses say of held-out text.
     *
     * @param logit the logit lens
     * @param ridge the ridge fit
     * @param tuned the ridge fit, trained on
     * @param transfer translators on other layers' states
     */
    record Outcome(LensLosses logit, LensLosses ridge, LensLosses tuned, LayerTransfer transfer) {

        /** Mean over layers 0..L/2-1 of the share of KL that the tuned lens saves. */
        double savedInFirstHalf() {
            int half = (logit.divergence().length() - 1) / 2;
            double sum = 0;
            for (int layer = 0; layer < half; layer++) {
                sum += 1 - tuned.divergence().get(layer) / logit.divergence().get(layer);
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
        ImmutableList<TokenizedPrompt> heldOut = heldOut(model, size.heldOutChunks());
        return new Outcome(
                LensLosses.of(LogitLens.of(model), heldOut),
                LensLosses.of(ridge, heldOut),
                LensLosses.of(tuned, heldOut),
                LayerTransfer.of(tuned, heldOut.subList(0, size.heldOutChunks() / 4)));
    }

    private static TextCorpus texts(Size size) {
        return TextCorpus.of(
                corpus().documents(FIRST_DOCUMENT)
                        .limit(size.documents())
                        .map(Document::text)
                        .toList());
    }

    private static ImmutableList<TokenizedPrompt> heldOut(HookedModel model, int count) {
        TextCorpus texts =
                TextCorpus.of(
                        corpus().documents(CorpusSource.HELD_OUT)
                                .limit(20L * count)
                                .map(Document::text)
                                .toList());
        try (CorpusStream<TextChunk> chunks =
                texts.chunks(model.tokenizer(), Chunking.joined(CHUNK))) {
            return chunks.stream()
                    .limit(count)
                    .map(chunk -> TokenizedPrompt.ofIds(chunk.ids()))
                    .collect(ImmutableList.toImmutableList());
        }
    }

    private static Corpus corpus() {
        long seed = GroundTruth.of(DemoModel.STANDARD).seed();
        return Corpus.about(KnowledgeBase.load(seed), seed);
    }

    static void print(Outcome outcome, PrintStream out) {
        out.printf(
                "KL(model||lens) and surprisal of the next token on %d held-out tokens, nats%n%n",
                outcome.logit().positions());
        out.println("layer   logit    ridge    tuned    saved     logit    ridge    tuned");
        for (int layer = 0; layer < outcome.logit().divergence().length(); layer++) {
            double logit = outcome.logit().divergence().get(layer);
            double tuned = outcome.tuned().divergence().get(layer);
            out.printf(
                    Locale.ROOT,
                    "%5d  %7.4f  %7.4f  %7.4f  %5.1f %%  %7.4f  %7.4f  %7.4f%n",
                    layer,
                    logit,
                    outcome.ridge().divergence().get(layer),
                    tuned,
                    logit == 0 ? 0 : 100 * (1 - tuned / logit),
                    outcome.logit().surprisal().get(layer),
                    outcome.ridge().surprisal().get(layer),
                    outcome.tuned().surprisal().get(layer));
        }
        out.printf(
                Locale.ROOT,
                "%nsaved in the first half of the layers, on average: %.1f %%%n%n%s%n",
                100 * outcome.savedInFirstHalf(),
                outcome.transfer());
    }
}
