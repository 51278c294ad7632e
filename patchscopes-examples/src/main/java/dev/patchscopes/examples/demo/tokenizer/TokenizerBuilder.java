package dev.patchscopes.examples.demo.tokenizer;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Learns a {@link BytePairTokenizer} from texts.
 *
 * <pre>{@code
 * BytePairTokenizer tokenizer =
 *         TokenizerBuilder.ofSize(3072).keeping(" x").learn(texts.limit(20_000));
 * tokenizer.write(directory.resolve("tokenizer.json"));
 * }</pre>
 *
 * <p>The same texts in the same order give the same tokenizer, on every machine. Immutable.
 */
public final class TokenizerBuilder {

    /** More than any text counts, and still room for sums. */
    private static final long KEPT = 1L << 40;

    private final int size;
    private final ImmutableList<String> kept;

    private TokenizerBuilder(int size, ImmutableList<String> kept) {
        this.size = size;
        this.kept = kept;
    }

    /**
     * Starts a tokenizer of a given size.
     *
     * @param size number of tokens, special ones and the 256 bytes among them
     * @return the builder
     * @throws IllegalArgumentException if not even the bytes fit
     */
    public static TokenizerBuilder ofSize(int size) {
        int least = BytePairTokenizer.FIRST_BYTE + ByteAlphabet.SIZE;
        checkArgument(
                size >= least,
                "a vocabulary of %s tokens has no room for the special tokens and all bytes, which are %s",
                size,
                least);
        return new TokenizerBuilder(size, ImmutableList.of());
    }

    /**
     * Asks for words that must become single tokens however rare they are.
     *
     * @param words each with its leading space, if it has one
     * @return a builder that also keeps these
     */
    public TokenizerBuilder keeping(String... words) {
        for (String word : words) {
            checkArgument(
                    WordSplitter.words(word).size() == 1,
                    "\"%s\" is not a single word, so it cannot be a single token",
                    word);
        }
        return new TokenizerBuilder(
                size, ImmutableList.<String>builder().addAll(kept).add(words).build());
    }

    /**
     * Learns from texts.
     *
     * @param texts as many as represent what the model will read; read once
     * @return a tokenizer of the size asked for, or smaller if the texts have too few words
     */
    public BytePairTokenizer learn(Stream<String> texts) {
        // Sorted, so that nothing depends on the order of a hash table.
        Map<String, Long> counts = new TreeMap<>();
        texts.forEachOrdered(
                text ->
                        WordSplitter.words(text)
                                .forEach(word -> counts.merge(word, 1L, Long::sum)));
        kept.forEach(word -> counts.merge(word, KEPT, Long::sum));
        int merges = size - BytePairTokenizer.FIRST_BYTE - ByteAlphabet.SIZE;
        return new BytePairTokenizer(new PairLearner(counts).learn(merges));
    }
}
