package dev.patchscopes.examples.demo.training;

import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.corpus.Document;
import dev.patchscopes.examples.demo.corpus.KnowledgeBase;
import dev.patchscopes.examples.demo.tokenizer.BytePairTokenizer;
import dev.patchscopes.examples.demo.tokenizer.TokenizerBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What demo models read: they share text and tokenizer, whatever their size.
 *
 * @param corpus endless text
 * @param tokenizer learned from its beginning
 */
record DemoText(Corpus corpus, BytePairTokenizer tokenizer) {
    private static final int VOCABULARY = 3072;
    private static final int LEARNED_FROM = 20_000;

    /** The placeholder of the library's prompts, which a patch can only replace as one token. */
    private static final String PLACEHOLDER = " x";

    static DemoText of(long seed) {
        return of(seed, LEARNED_FROM);
    }

    /**
     * @param documents how many the tokenizer is learned from
     */
    static DemoText of(long seed, int documents) {
        Corpus corpus = Corpus.about(KnowledgeBase.load(seed), seed);
        BytePairTokenizer tokenizer =
                TokenizerBuilder.ofSize(VOCABULARY)
                        .keeping(PLACEHOLDER)
                        .learn(corpus.documents(0).limit(documents).map(Document::text));
        return new DemoText(corpus.withPieces(tokenizer.pieces()), tokenizer);
    }

    /**
     * Writes the tokenizer, or checks that it is the one a training began with: after a change of
     * the corpus, weights learned before would mean other tokens.
     */
    void writeTokenizer(Path file) throws IOException {
        if (Files.exists(file) && !Files.readString(file).equals(tokenizer.toJson())) {
            throw new IllegalArgumentException(
                    "%s is not the tokenizer that corpus and seed give now: train into another directory"
                            .formatted(file));
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        tokenizer.write(file);
    }
}
