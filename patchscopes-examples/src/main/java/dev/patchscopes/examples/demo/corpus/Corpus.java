package dev.patchscopes.examples.demo.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.facts.Entity;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Endless text about the facts of a {@link KnowledgeBase}.
 *
 * <p>Document {@code n} depends on the facts, the seed and {@code n} alone: reading can begin
 * anywhere, in any number of threads, and gives the same on every machine.
 *
 * <pre>{@code
 * Corpus corpus = Corpus.about(KnowledgeBase.load(1), 1);
 * BytePairTokenizer tokenizer =
 *         TokenizerBuilder.ofSize(3072)
 *                 .keeping(" x")
 *                 .learn(corpus.documents(0).limit(20_000).map(Document::text));
 * Stream<Document> training = corpus.withPieces(tokenizer.pieces()).documents(0);
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class Corpus {

    private static final Pattern NO_LETTERS = Pattern.compile("[^\\p{L}]+");

    /** The golden ratio in 64 bits: spreads the numbers of documents over all seeds. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final KnowledgeBase knowledge;
    private final long seed;
    private final ImmutableMap<DocumentKind, DocumentWriter> writers;

    private Corpus(KnowledgeBase knowledge, long seed, ImmutableList<String> pieces) {
        this.knowledge = knowledge;
        this.seed = seed;
        this.writers = writers(knowledge, pieces);
    }

    /**
     * A corpus about some facts.
     *
     * @param knowledge the facts
     * @param seed decides all that is left to chance
     * @return the corpus
     */
    public static Corpus about(KnowledgeBase knowledge, long seed) {
        return new Corpus(knowledge, seed, ImmutableList.of());
    }

    /**
     * Adds the pieces of a tokenizer to what is repeated, so that every token is.
     *
     * @param pieces texts that are a token by themselves; those of white space alone are left out
     * @return a corpus whose documents of repetitions differ from this one's, and no others
     */
    public Corpus withPieces(List<String> pieces) {
        return new Corpus(
                knowledge,
                seed,
                pieces.stream()
                        .filter(piece -> !piece.isBlank() && !piece.contains("\0"))
                        .collect(ImmutableList.toImmutableList()));
    }

    private static ImmutableMap<DocumentKind, DocumentWriter> writers(
            KnowledgeBase knowledge, ImmutableList<String> pieces) {
        EverydayWriter everyday = new EverydayWriter();
        ImmutableList<String> names =
                knowledge.entities().stream()
                        .map(Entity::name)
                        .collect(ImmutableList.toImmutableList());
        FactWriter statements = FactWriter.statements(knowledge.facts(), everyday);
        FactWriter questions = FactWriter.questions(knowledge.facts(), everyday);
        TwoHopWriter twoHop = new TwoHopWriter(knowledge.twoHop());
        RepetitionWriter repetitions =
                new RepetitionWriter(words(knowledge, everyday), names, pieces);
        return ImmutableMap.<DocumentKind, DocumentWriter>builder()
                .put(DocumentKind.FACTS, statements)
                .put(DocumentKind.LISTS, new ListWriter(knowledge.facts()))
                .put(DocumentKind.QUESTIONS, questions)
                .put(DocumentKind.DESCRIPTIONS, new DescriptionWriter(knowledge.entities()))
                .put(DocumentKind.TWO_HOP, twoHop)
                .put(DocumentKind.REPETITIONS, repetitions)
                .put(
                        DocumentKind.INTERRUPTED,
                        new InterruptedWriter(
                                repetitions,
                                ImmutableList.of(
                                        statements, statements, questions, twoHop, everyday)))
                .put(DocumentKind.EVERYDAY, everyday)
                .buildOrThrow();
    }

    /** All words the corpus uses. */
    private static ImmutableList<String> words(KnowledgeBase knowledge, EverydayWriter everyday) {
        Stream<String> descriptions =
                knowledge.entities().stream()
                        .flatMap(entity -> Stream.of(entity.name(), entity.description()));
        Stream<String> phrasings =
                knowledge.relations().stream()
                        .flatMap(relation -> relation.trained().stream())
                        .map(phrasing -> phrasing.template().replaceAll("\\{.*?}", " "));
        Stream<String> objects = knowledge.facts().stream().map(Fact::object);
        return Stream.of(descriptions, phrasings, objects, everyday.phrases().stream())
                .flatMap(texts -> texts)
                .flatMap(NO_LETTERS::splitAsStream)
                .filter(word -> !word.isEmpty())
                .distinct()
                .sorted()
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Returns one document.
     *
     * @param number its number, from 0
     * @return the document
     */
    public Document document(long number) {
        checkArgument(number >= 0, "document %s: numbers begin at 0", number);
        Draw draw = new Draw(mixed(seed + SPREAD * (number + 1)));
        DocumentKind kind = kind(draw);
        return new Document(kind, writers.get(kind).write(draw));
    }

    private DocumentKind kind(Draw draw) {
        int all = writers.keySet().stream().mapToInt(DocumentKind::share).sum();
        int chosen = draw.between(0, all - 1);
        for (Map.Entry<DocumentKind, DocumentWriter> entry : writers.entrySet()) {
            chosen -= entry.getKey().share();
            if (chosen < 0) {
                return entry.getKey();
            }
        }
        throw new AssertionError("a number below the sum of all shares falls into one of them");
    }

    /** Close seeds give far numbers: the finishing steps of SplitMix64 (Steele et al., 2014). */
    private static long mixed(long seed) {
        long z = (seed ^ (seed >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /**
     * Returns documents one after the other, without end.
     *
     * @param first number of the first
     * @return an endless stream
     */
    public Stream<Document> documents(long first) {
        return LongStream.iterate(first, number -> number + 1).mapToObj(this::document);
    }

    /**
     * Returns what the corpus is about.
     *
     * @return the facts
     */
    public KnowledgeBase knowledge() {
        return knowledge;
    }

    /** {@return what it is about, and the seed} */
    @Override
    public String toString() {
        return "Corpus[seed %d, %s]".formatted(seed, knowledge);
    }
}
