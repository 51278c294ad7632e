package dev.patchscopes.examples.demo.corpus;

import dev.patchscopes.examples.demo.tokenizer.BytePairTokenizer;
import dev.patchscopes.examples.demo.tokenizer.TokenizerBuilder;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * Prints a sample of the corpus and how many of its tokens are of each kind of document.
 *
 * <pre>{@code
 * mvn -q compile exec:java \
 *     -Dexec.mainClass=dev.patchscopes.examples.demo.corpus.CorpusReport -Dexec.args="1"
 * }</pre>
 */
public final class CorpusReport {

    private static final int VOCABULARY = 3072;
    private static final int LEARNED_FROM = 20_000;
    private static final int COUNTED = 20_000;
    private static final int SAMPLES = 16;

    private CorpusReport() {}

    /**
     * Prints the report.
     *
     * @param args the seed; 1 if there is none
     */
    public static void main(String[] args) {
        long seed = args.length == 0 ? 1 : Long.parseLong(args[0]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Corpus first = Corpus.about(KnowledgeBase.load(seed), seed);
        BytePairTokenizer tokenizer =
                TokenizerBuilder.ofSize(VOCABULARY)
                        .keeping(" x")
                        .learn(first.documents(0).limit(LEARNED_FROM).map(Document::text));
        Corpus corpus = first.withPieces(tokenizer.pieces());
        out.println(corpus);
        corpus.documents(0).limit(SAMPLES).forEach(d -> out.printf("%n%s%n", d));

        Map<DocumentKind, Count> counts = new EnumMap<>(DocumentKind.class);
        corpus.documents(0)
                .limit(COUNTED)
                .forEach(
                        document ->
                                counts.computeIfAbsent(document.kind(), kind -> new Count())
                                        .add(
                                                document.text().length(),
                                                tokenizer.encode(document.text()).length()));
        long tokens = counts.values().stream().mapToLong(count -> count.tokens).sum();
        out.printf(
                "%n%-14s%10s%12s%14s%8s%n",
                "kind", "documents", "tokens each", "chars/token", "share");
        counts.forEach(
                (kind, count) ->
                        out.printf(
                                "%-14s%10d%12.1f%14.2f%7.1f%%%n",
                                kind,
                                count.documents,
                                (double) count.tokens / count.documents,
                                (double) count.characters / count.tokens,
                                100.0 * count.tokens / tokens));
    }

    /** Sums over the documents of a kind. */
    private static final class Count {
        private long documents;
        private long characters;
        private long tokens;

        void add(int moreCharacters, int moreTokens) {
            documents++;
            characters += moreCharacters;
            tokens += moreTokens;
        }
    }
}
