package dev.patchscopes.lens.future;

import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The texts of a corpus as a model reads them: each cut at the model's context. */
final class Texts {
    static final int BATCH = 16;

    private Texts() {}

    /** How many texts a corpus has, which takes reading it. */
    static long count(TextCorpus corpus) {
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            return documents.stream().count();
        }
    }

    /**
     * Hands on texts, some at a time.
     *
     * @param shortest texts of fewer tokens are left out
     * @param steps each text is a part, done when it has been handed on or left out
     */
    static void batches(
            HookedModel model,
            TextCorpus corpus,
            int shortest,
            Steps steps,
            Consumer<TokenBatch> reader) {
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            List<TokenizedPrompt> some = new ArrayList<>();
            int read = 0;
            while (documents.hasNext()) {
                TokenizedPrompt prompt = cut(model, model.tokenize(documents.next().text()));
                read++;
                if (prompt.length() >= shortest) {
                    some.add(prompt);
                }
                if (some.size() == BATCH || !documents.hasNext()) {
                    if (!some.isEmpty()) {
                        reader.accept(TokenBatch.of(some));
                    }
                    some.clear();
                    for (; read > 0; read--) {
                        steps.done();
                    }
                }
            }
        }
    }

    private static TokenizedPrompt cut(HookedModel model, TokenizedPrompt prompt) {
        return prompt.length() <= model.contextLength()
                ? prompt
                : model.tokenizer().prompt(prompt.ids().subArray(0, model.contextLength()));
    }
}
