package dev.patchscopes.lens.future;

import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The texts of a corpus as a model reads them: each cut at the model's context.
 *
 * @param shortest texts of fewer tokens are left out
 * @param count how many texts there are; 0 if nobody asks
 */
record Texts(HookedModel model, TextCorpus corpus, int shortest, long count) {
    static final int BATCH = 16;

    /** Texts that nobody has counted, of as many tokens or more. */
    static Texts of(HookedModel model, TextCorpus corpus, int shortest) {
        return new Texts(model, corpus, shortest, 0);
    }

    /** Counts the texts, which takes reading them all, for a listener who would hear of it. */
    Texts countedFor(Progress listener) {
        return listener.equals(Progress.none())
                ? this
                : new Texts(model, corpus, shortest, count(corpus));
    }

    private static long count(TextCorpus corpus) {
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            return documents.stream().count();
        }
    }

    /**
     * Hands on all texts, some at a time.
     *
     * @param steps each text is a part if they are counted, done when it has been handed on or left
     *     out; asked behind each batch
     */
    void read(Steps steps, Consumer<TokenBatch> reader) {
        read(steps, () -> false, reader);
    }

    /**
     * Hands on all texts, some at a time.
     *
     * @param steps as {@link #read(Steps, Consumer)} takes them
     * @return digest of the tokens of those handed on
     */
    String digested(Steps steps, Consumer<TokenBatch> reader) {
        TokensDigest digest = new TokensDigest();
        read(
                steps,
                some -> {
                    some.prompts().forEach(prompt -> digest.add(prompt.ids()));
                    reader.accept(some);
                });
        return digest.finish();
    }

    /**
     * Hands on texts, some at a time, until they are enough.
     *
     * @param steps each text is a part if they are counted, done when it has been handed on, left
     *     out or is no longer needed; asked behind each batch
     * @param enough asked before each batch; texts that come after are not read
     */
    void read(Steps steps, BooleanSupplier enough, Consumer<TokenBatch> reader) {
        long left = count;
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            while (!enough.getAsBoolean() && documents.hasNext()) {
                List<TokenizedPrompt> some = new ArrayList<>();
                int read = 0;
                while (some.size() < BATCH && documents.hasNext()) {
                    TokenizedPrompt prompt = cut(model.tokenize(documents.next().text()));
                    read++;
                    if (prompt.length() >= shortest) {
                        some.add(prompt);
                    }
                }
                if (!some.isEmpty()) {
                    reader.accept(TokenBatch.of(some));
                }
                steps.check();
                for (; left > 0 && read > 0; read--, left--) {
                    steps.done();
                }
            }
        }
        if (left > 0) {
            steps.done(left - 1);
            steps.done(); // tells of them all
        }
    }

    private TokenizedPrompt cut(TokenizedPrompt prompt) {
        return prompt.length() <= model.contextLength()
                ? prompt
                : model.tokenizer().prompt(prompt.ids().subArray(0, model.contextLength()));
    }
}
