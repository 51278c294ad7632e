package dev.patchscopes.examples.lens;

import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.DocumentKind;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.examples.demo.training.CorpusSource;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.lens.future.BigramBaseline;
import dev.patchscopes.lens.future.FutureLens;
import dev.patchscopes.lens.future.FutureLensEvaluation;
import dev.patchscopes.lens.future.FutureLensReport;
import dev.patchscopes.lens.future.FuturePredictor;
import dev.patchscopes.lens.future.FuturePrompts;
import dev.patchscopes.lens.future.SoftPrompt;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import java.util.EnumSet;
import java.util.Set;

/**
 * The lenses of one model, fitted on some texts of its kind and measured on others.
 *
 * @param fixed a fixed prompt
 * @param unpatched the same with nothing patched in
 * @param linear affine maps to states of the last layer
 * @param vocabulary affine maps of low rank to logits
 * @param learned a learned prompt
 * @param prompt the learned prompt itself
 * @param bigram counts of pairs of tokens
 */
record FutureLensStudy(
        FutureLens fixed,
        FuturePredictor unpatched,
        FutureLens linear,
        FutureLens vocabulary,
        FutureLens learned,
        SoftPrompt prompt,
        FuturePredictor bigram) {

    /** What is said twice would be foretold by saying it twice. */
    private static final Set<DocumentKind> LEFT_OUT =
            EnumSet.of(DocumentKind.REPETITIONS, DocumentKind.INTERRUPTED);

    /**
     * How much is done.
     *
     * @param texts texts to fit on
     * @param steps steps of the learned prompt's training
     * @param examples positions that are measured
     * @param layers layers that are measured
     */
    record Size(int texts, int steps, int examples, Layers layers) {}

    /**
     * Texts the demo model never saw, none of them in both parts: short sentences come up again by
     * chance, and those that are measured are not fitted on.
     *
     * @param fitted texts to fit on
     * @param measured texts to measure on
     */
    record Texts(TextCorpus fitted, TextCorpus measured) {
        static Texts of(int fitted, int measured) {
            long seed = GroundTruth.of(DemoModel.STANDARD).seed();
            Corpus corpus = Corpus.about(KnowledgeBase.load(seed), seed);
            ImmutableSet<String> kept = texts(corpus, 1L << 40, measured, ImmutableSet.of());
            return new Texts(
                    TextCorpus.of(texts(corpus, 0, fitted, kept).asList()),
                    TextCorpus.of(kept.asList()));
        }

        private static ImmutableSet<String> texts(
                Corpus corpus, long from, int count, Set<String> without) {
            return corpus.documents(CorpusSource.HELD_OUT + from)
                    .filter(document -> !LEFT_OUT.contains(document.kind()))
                    .map(Document::text)
                    .filter(text -> !without.contains(text))
                    .distinct()
                    .limit(count)
                    .collect(ImmutableSet.toImmutableSet());
        }
    }

    /** Fits the lenses. */
    static FutureLensStudy fit(HookedModel model, Size size, Progress progress) {
        TextCorpus texts = Texts.of(size.texts, size.examples).fitted();
        SoftPrompt prompt =
                SoftPrompt.train(model)
                        .on(texts)
                        .layer(model.layers() / 2)
                        .learningRate(5e-3) // a small model, and few steps
                        .steps(size.steps)
                        .progress(progress)
                        .fit();
        return new FutureLensStudy(
                FutureLens.fixedPrompt(model, FuturePrompts.first()),
                FutureLens.unpatched(model, FuturePrompts.first()),
                FutureLens.linear(model).on(texts).layers(size.layers).fit(),
                FutureLens.linearToVocabulary(model).on(texts).layers(size.layers).fit(),
                FutureLens.softPrompt(model, prompt),
                prompt,
                BigramBaseline.of(model, texts));
    }

    /** Measures them on texts they were not fitted on. */
    FutureLensReport measure(HookedModel model, Size size) {
        return FutureLensEvaluation.of(model)
                .predictors(linear, vocabulary, fixed, learned, unpatched, bigram)
                .on(Texts.of(size.texts, size.examples).measured())
                .layers(size.layers)
                .examples(size.examples)
                .run();
    }
}
