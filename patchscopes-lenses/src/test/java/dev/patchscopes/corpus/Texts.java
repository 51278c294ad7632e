package dev.patchscopes.corpus;

import java.util.List;

/** What a corpus reads. */
final class Texts {

    private Texts() {}

    static List<TextDocument> documents(TextCorpus corpus) {
        try (CorpusStream<TextDocument> documents = corpus.documents()) {
            return documents.stream().toList();
        }
    }

    static List<String> of(TextCorpus corpus) {
        return documents(corpus).stream().map(TextDocument::text).toList();
    }

    static String json(String text) {
        return "{\"text\": \"" + text + "\"}\n";
    }
}
