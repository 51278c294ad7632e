package dev.patchscopes.corpus;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.function.UnaryOperator;

/**
 * Texts to train and evaluate on, and which of them: a description, read anew whenever documents
 * are asked for.
 *
 * <p>Files are plain, gzip or zstandard, which is told by their first bytes, in the {@link
 * TextFormat} chosen. They are streamed: memory holds one document and, for zstandard, one window.
 * {@link #filter Filters}, {@link #first limits}, {@link #sample samples} and {@link #split splits}
 * apply in the order in which they are asked for; how files are read can be chosen at any point.
 * The texts of Patchscopes' experiments on next-token prediction (Ghandeharioun et al. 2024,
 * section 4.1, by the released code), drawn with another generator:
 *
 * <pre>{@code
 * TextCorpus texts =
 *         TextCorpus.open(Path.of("pile/train/00.jsonl.zst"))
 *                 .jsonl("text")
 *                 .first(200_000)
 *                 .filter(TextFilter.paper())
 *                 .sample(12_000, 42);
 * CorpusSplit split = texts.split(1.0 / 6, 42);
 * try (CorpusStream<TextDocument> documents = split.evaluation().documents()) {
 *     documents.stream().limit(3).forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>Immutable. Equal descriptions of the same files give the same documents in the same order, in
 * every run and on every platform.
 */
public final class TextCorpus {

    private static final int LARGEST_DOCUMENT = 1 << 29;
    private static final int LARGEST_WINDOW_MIB = 2048;

    private final Origin origin;
    private final Reading reading;
    private final ImmutableList<Step> steps;

    TextCorpus(Origin origin) {
        this(origin, Reading.ofWholeFiles(), ImmutableList.of());
    }

    private TextCorpus(Origin origin, Reading reading, ImmutableList<Step> steps) {
        this.origin = origin;
        this.reading = reading;
        this.steps = steps;
    }

    /**
     * Describes the texts of a file, or of a directory's files, one document a file unless another
     * format is chosen.
     *
     * @param path of a file, or of a directory, of which all files count, those of its directories
     *     too, in the order of their relative paths; names that begin with a dot do not
     * @return the corpus
     * @throws IllegalArgumentException if there is nothing at the path
     */
    public static TextCorpus open(Path path) {
        return open(path, "*");
    }

    /**
     * Describes the texts of a directory's files whose names match a pattern.
     *
     * <pre>{@code
     * TextCorpus novels = TextCorpus.open(Path.of("books"), "*.{txt,txt.gz}").blankLines();
     * }</pre>
     *
     * @param directory as in {@link #open(Path)}; where it is a file, the pattern does not matter
     * @param glob of the file names alone, as {@link java.nio.file.FileSystem#getPathMatcher}
     *     understands it
     * @return the corpus; reading it throws {@link IllegalArgumentException} if no file matches
     * @throws IllegalArgumentException if there is nothing at the path
     */
    public static TextCorpus open(Path directory, String glob) {
        checkArgument(
                Files.exists(directory),
                "there is no file or directory %s (seen from %s)",
                directory,
                Path.of("").toAbsolutePath());
        return new TextCorpus(new Origin.Files(directory, glob));
    }

    /**
     * Describes texts in memory. Choices of how files are read do not matter to them.
     *
     * @param texts in order; blank ones are passed over
     * @return the corpus
     */
    public static TextCorpus of(Iterable<String> texts) {
        return new TextCorpus(new Origin.Texts(ImmutableList.copyOf(texts)));
    }

    /**
     * Describes texts in memory, see {@link #of(Iterable)}.
     *
     * @param texts in order
     * @return the corpus
     */
    public static TextCorpus of(String... texts) {
        return of(Arrays.asList(texts));
    }

    /**
     * Reads files in a format.
     *
     * @param format how documents lie in a file
     * @return the corpus
     */
    public TextCorpus format(TextFormat format) {
        return reading(r -> r.withFormat(format));
    }

    /**
     * Reads documents set apart by blank lines, see {@link TextFormat.BlankLines}.
     *
     * @return the corpus
     */
    public TextCorpus blankLines() {
        return format(new TextFormat.BlankLines());
    }

    /**
     * Reads documents set apart by a text, see {@link TextFormat.Separator}.
     *
     * @param separator such as {@code <|endoftext|>}
     * @return the corpus
     * @throws IllegalArgumentException if it is empty
     */
    public TextCorpus separatedBy(String separator) {
        return format(new TextFormat.Separator(separator));
    }

    /**
     * Reads the field {@code text} of JSON objects, one a line, see {@link #jsonl(String,
     * String...)}.
     *
     * @return the corpus
     */
    public TextCorpus jsonl() {
        return jsonl("text");
    }

    /**
     * Reads a field of JSON objects, one a line, and keeps {@value TextFormat#PILE_SET_NAME} as an
     * attribute where there is one.
     *
     * @param field path of the text, names joined by dots
     * @return the corpus
     * @throws IllegalArgumentException if the path is empty
     */
    public TextCorpus jsonl(String field) {
        return jsonl(field, TextFormat.PILE_SET_NAME);
    }

    /**
     * Reads a field of JSON objects, one a line, see {@link TextFormat.JsonLines}.
     *
     * @param field path of the text, names joined by dots
     * @param attributes paths of what to keep with the document
     * @return the corpus
     * @throws IllegalArgumentException if a path is empty
     */
    public TextCorpus jsonl(String field, String... attributes) {
        return format(new TextFormat.JsonLines(field, ImmutableList.copyOf(attributes)));
    }

    /**
     * Sets how long a document may be. Longer ones are damage: nothing bounds the length of a line,
     * and a document is held as a whole.
     *
     * @param bytes longest document, or for JSON longest line, {@code 1..536870912}; 64 MiB unless
     *     set
     * @return the corpus
     * @throws IllegalArgumentException if it is out of that range
     */
    public TextCorpus maxDocumentBytes(int bytes) {
        checkArgument(
                bytes >= 1 && bytes <= LARGEST_DOCUMENT,
                "a longest document of %s bytes is not in 1..%s",
                bytes,
                LARGEST_DOCUMENT);
        return reading(r -> r.withMaxDocumentBytes(bytes));
    }

    /**
     * Sets how large a window zstandard files may ask for, which is allocated outside the heap.
     * Files packed for a long distance ({@code --long=31}) need up to 2 GiB.
     *
     * @param mebibytes a power of two, {@code 1..2048}; 128 unless set, as in zstandard's own tool
     * @return the corpus
     * @throws IllegalArgumentException if it is none of these
     */
    public TextCorpus maxWindowMiB(int mebibytes) {
        checkArgument(
                mebibytes >= 1
                        && mebibytes <= LARGEST_WINDOW_MIB
                        && Integer.bitCount(mebibytes) == 1,
                "a zstandard window of %s MiB is not a power of two in 1..%s",
                mebibytes,
                LARGEST_WINDOW_MIB);
        return reading(r -> r.withMaxWindowLog(20 + Integer.numberOfTrailingZeros(mebibytes)));
    }

    /**
     * Leaves out what is damaged and {@linkplain CorpusStream#skipped() counts} it, where damage is
     * an error otherwise: of a document that is not UTF-8, no JSON or too long, the document; of a
     * damaged or cut archive, all that comes behind in that file, and up to some kilobytes before.
     * A file that cannot be read at all is an error still.
     *
     * @return the corpus
     */
    public TextCorpus skipDamaged() {
        return reading(Reading::skippingDamaged);
    }

    /**
     * Keeps the documents a filter accepts.
     *
     * @param filter such as {@link TextFilter#paper()}
     * @return the corpus
     */
    public TextCorpus filter(TextFilter filter) {
        return with(new Step.Filter(filter));
    }

    /**
     * Keeps the first documents, and reads no further.
     *
     * @param count how many, not negative
     * @return the corpus
     * @throws IllegalArgumentException if it is negative
     */
    public TextCorpus first(int count) {
        checkArgument(count >= 0, "the first %s documents: the number must not be negative", count);
        return with(new Step.First(count));
    }

    /**
     * Draws documents at random, each text once: by the smallest seeded hashes of the texts
     * (SHA-256 without white space). So the sample and its order, which is random too, depend on
     * the texts and the seed alone, not on the order of documents or files; and a smaller sample is
     * the beginning of a larger one.
     *
     * <p>The first document is there when the whole corpus is read; memory holds the sample.
     *
     * @param count how many, at least 1; if there are fewer distinct texts, all are taken
     * @param seed any; another gives another sample
     * @return the corpus
     * @throws IllegalArgumentException if the number is less than 1
     */
    public TextCorpus sample(int count, long seed) {
        checkArgument(count >= 1, "a sample of %s documents: take at least 1", count);
        return with(new Step.Sample(count, seed));
    }

    /**
     * Splits into a part to fit on and a part to measure on. The side is told by a seeded hash of
     * the text (SHA-256 without white space), so that duplicates fall on one side, and a text stays
     * on its side whatever is added, left out or put in another order.
     *
     * @param evaluationShare of the distinct texts, which the split meets on average, between 0 and
     *     1, without these
     * @param seed any; another gives another split. A split of a split is independent of it even
     *     with the same seed
     * @return both sides
     * @throws IllegalArgumentException if the share is not between 0 and 1
     */
    public CorpusSplit split(double evaluationShare, long seed) {
        checkArgument(
                evaluationShare > 0 && evaluationShare < 1,
                "a share of %s for evaluation is not between 0 and 1",
                evaluationShare);
        int depth = (int) steps.stream().filter(Step.Split.class::isInstance).count();
        return new CorpusSplit(
                with(new Step.Split(evaluationShare, seed, depth, false)),
                with(new Step.Split(evaluationShare, seed, depth, true)));
    }

    /**
     * Reads the documents.
     *
     * @return the documents, in the order of the sources unless sampled; the caller closes it
     * @throws IllegalArgumentException if a directory has no file that counts
     * @throws java.io.UncheckedIOException if a directory cannot be listed
     */
    public CorpusStream<TextDocument> documents() {
        DamageLog log = new DamageLog(reading.skipDamaged());
        DocumentIterator source = origin.open(reading, log);
        return new CorpusStream<>(chosen(source), source, log);
    }

    /**
     * Reads the documents and cuts them into tokens.
     *
     * <pre>{@code
     * try (HookedModel model = HookedModel.demo();
     *         CorpusStream<TextChunk> chunks =
     *                 TextCorpus.open(Path.of("texts"))
     *                         .chunks(model.tokenizer(), Chunking.ofLength(64))) {
     *     while (chunks.hasNext()) {
     *         TextChunk chunk = chunks.next();
     *         model.run(model.tokenizer().prompt(chunk.ids())).execute().topTokens(5);
     *     }
     * }
     * }</pre>
     *
     * @param tokenizer stays open until the chunks are read; the caller closes it
     * @param chunking how
     * @return the chunks in order; the caller closes it
     * @throws IllegalArgumentException if the tokenizer has no token that the chunking needs, or as
     *     {@link #documents()} throws it
     * @throws java.io.UncheckedIOException if a directory cannot be listed
     */
    public CorpusStream<TextChunk> chunks(Tokenizer tokenizer, Chunking chunking) {
        ChunkCutter cutter = ChunkCutter.of(chunking, tokenizer);
        DamageLog log = new DamageLog(reading.skipDamaged());
        DocumentIterator source = origin.open(reading, log);
        return new CorpusStream<>(cutter.cut(chosen(source)), source, log);
    }

    private Iterator<TextDocument> chosen(Iterator<TextDocument> documents) {
        Iterator<TextDocument> chosen = documents;
        for (Step step : steps) {
            chosen = step.apply(chosen);
        }
        return chosen;
    }

    private TextCorpus reading(UnaryOperator<Reading> change) {
        return new TextCorpus(origin, change.apply(reading), steps);
    }

    private TextCorpus with(Step step) {
        ImmutableList<Step> more = ImmutableList.<Step>builder().addAll(steps).add(step).build();
        return new TextCorpus(origin, reading, more);
    }

    /** Returns where the texts are, how they are read, and which are chosen. */
    @Override
    public String toString() {
        ImmutableList.Builder<Object> parts = ImmutableList.builder();
        parts.add(origin);
        if (!(origin instanceof Origin.Texts)) {
            parts.add(reading.format());
        }
        return "TextCorpus[" + Joiner.on("; ").join(parts.addAll(steps).build()) + "]";
    }
}
