package dev.patchscopes.examples.demo;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.DocumentKind;
import dev.patchscopes.examples.demo.training.CorpusSource;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/** Prompts whose last token's layers are read. */
final class Sources {
    private static final int SHORTEST = 4;

    /** What is said twice would be read by saying it twice. */
    private static final Set<DocumentKind> LEFT_OUT =
            EnumSet.of(DocumentKind.REPETITIONS, DocumentKind.INTERRUPTED);

    private Sources() {}

    /** Beginnings of documents the model never saw, each cut after a token chosen at random. */
    static ImmutableList<TokenizedPrompt> text(HookedModel model, Corpus corpus, int count) {
        Random random = new Random(1);
        return corpus.documents(CorpusSource.HELD_OUT)
                .filter(document -> !LEFT_OUT.contains(document.kind()))
                .map(document -> model.tokenize(document.text()))
                .filter(prompt -> prompt.length() > SHORTEST)
                .limit(count)
                .map(
                        prompt ->
                                model.tokenizer()
                                        .prompt(
                                                prompt.ids()
                                                        .subArray(
                                                                0,
                                                                random.nextInt(
                                                                        SHORTEST,
                                                                        prompt.length()))))
                .collect(ImmutableList.toImmutableList());
    }

    /** Held-out phrasings of facts, up to where the answer begins. */
    static ImmutableList<TokenizedPrompt> facts(HookedModel model, GroundTruth truth, int count) {
        int every = Math.max(1, truth.facts().size() / count);
        ImmutableList.Builder<TokenizedPrompt> prompts = ImmutableList.builder();
        for (int i = 0; i < truth.facts().size(); i += every) {
            prompts.add(model.tokenize(truth.heldOut(truth.facts().get(i)).get(0).prompt()));
        }
        return prompts.build();
    }
}
