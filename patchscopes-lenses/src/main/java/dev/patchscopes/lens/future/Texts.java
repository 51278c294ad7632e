package dev.patchscopes.lens.future;

import dev.patchscopes.corpus.CorpusStream;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.corpus.TextDocument;
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

    /**
     * Hands on texts, some at a time.
     *
     * @param shortest texts of fewer tokens are left out
     */
    static void batches(
            HookedModel model, TextCorpus corpus, int shortest, Consumer<TokenBatch> reader) {
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            List<TokenizedPrompt> some = new ArrayList<>();
            while (documents.hasNext()) {
                TokenizedPrompt prompt = cut(model, model.tokenize(documents.next().text()));
                if (prompt.length() >= shortest) {
                    some.add(prompt);
                }
                if (some.size() == BATCH) {
                    reader.accept(TokenBatch.of(some));
                    some.clear();
                }
            }
            if (!some.isEmpty()) {
                reader.accept(TokenBatch.of(some));
            }
        }
    }

    private static TokenizedPrompt cut(HookedModel model, TokenizedPrompt prompt) {
        return prompt.length() <= model.contextLength()
                ? prompt
                : model.tokenizer().prompt(prompt.ids().subArray(0, model.contextLength()));
    }
}
