package dev.patchscopes.examples.demo.tokenizer;

import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A byte-level tokenizer: every text has tokens, and the tokens give back the text.
 *
 * <p>A word carries the space before it ({@code " Paris"} and {@code "Paris"} are different
 * tokens), digits stand singly. Ids: {@value #PAD} is {@code <pad>}, {@value #BOS} {@code <s>},
 * {@value #EOS} {@code </s>}; then the 256 bytes; then what was learned, the most frequent first.
 *
 * <p>Safe for use by several threads.
 */
public final class BytePairTokenizer {

    /** The token that fills a batch up. */
    public static final int PAD = 0;

    /** The token that begins a text. */
    public static final int BOS = 1;

    /** The token that ends a text. */
    public static final int EOS = 2;

    /** The token of byte 0. */
    static final int FIRST_BYTE = 3;

    /** The texts of the special tokens, in the order of their ids. */
    static final ImmutableList<String> SPECIAL = ImmutableList.of("<pad>", "<s>", "</s>");

    private static final int REMEMBERED_WORDS = 50_000;

    private final ImmutableList<byte[]> bytes;
    private final ImmutableList<Merge> merges;
    private final ImmutableMap<Merge, Integer> outcomes;

    /** Texts repeat their words; dropped when it grows too large. */
    private final Map<String, int[]> remembered = new ConcurrentHashMap<>();

    /**
     * @param merges symbols as {@link PairLearner} numbers them
     */
    BytePairTokenizer(List<Merge> merges) {
        this.merges = ImmutableList.copyOf(merges);
        List<byte[]> pieces = new ArrayList<>();
        for (int b = 0; b < ByteAlphabet.SIZE; b++) {
            pieces.add(new byte[] {(byte) b});
        }
        ImmutableMap.Builder<Merge, Integer> numbered = ImmutableMap.builder();
        for (Merge merge : merges) {
            numbered.put(merge, pieces.size());
            pieces.add(joined(List.of(pieces.get(merge.left()), pieces.get(merge.right()))));
        }
        this.bytes = ImmutableList.copyOf(pieces);
        this.outcomes = numbered.buildOrThrow();
    }

    /**
     * Returns the number of tokens.
     *
     * @return the highest id plus one
     */
    public int size() {
        return FIRST_BYTE + bytes.size();
    }

    /**
     * Splits a text; special tokens are neither added nor recognised.
     *
     * @param text any text; a surrogate without its partner is read as U+FFFD
     * @return token ids
     */
    public ImmutableIntArray encode(String text) {
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
        for (String word : WordSplitter.words(text)) {
            int[] symbols = remembered.get(word);
            if (symbols == null) {
                symbols = merged(word);
                if (remembered.size() >= REMEMBERED_WORDS) {
                    remembered.clear();
                }
                remembered.put(word, symbols);
            }
            for (int symbol : symbols) {
                ids.add(FIRST_BYTE + symbol);
            }
        }
        return ids.build();
    }

    /** The merge learned first goes first. */
    private int[] merged(String word) {
        byte[] utf8 = WordSplitter.bytes(word);
        int[] symbols = new int[utf8.length];
        for (int i = 0; i < utf8.length; i++) {
            symbols[i] = utf8[i] & 0xFF;
        }
        while (true) {
            Optional<Merge> next = firstLearned(symbols);
            if (next.isEmpty()) {
                return symbols;
            }
            symbols = next.get().apply(symbols, outcomes.get(next.get()));
        }
    }

    private Optional<Merge> firstLearned(int[] symbols) {
        Optional<Merge> first = Optional.empty();
        int best = Integer.MAX_VALUE;
        for (int i = 0; i + 1 < symbols.length; i++) {
            Merge pair = new Merge(symbols[i], symbols[i + 1]);
            int outcome = outcomes.getOrDefault(pair, Integer.MAX_VALUE);
            if (outcome < best) {
                best = outcome;
                first = Optional.of(pair);
            }
        }
        return first;
    }

    /**
     * Puts tokens together; special tokens have no text.
     *
     * @param ids token ids
     * @return the text; bytes that form no character are read as U+FFFD
     * @throws IndexOutOfBoundsException if there is no such token
     */
    public String decode(ImmutableIntArray ids) {
        List<byte[]> parts = new ArrayList<>();
        ids.forEach(
                id -> {
                    checkElementIndex(id, size(), "token id");
                    if (id >= FIRST_BYTE) {
                        parts.add(bytes.get(id - FIRST_BYTE));
                    }
                });
        return new String(joined(parts), StandardCharsets.UTF_8);
    }

    /**
     * Returns the texts that are a token by themselves, with the space that belongs to them.
     *
     * @return in the order of their ids; without special tokens and parts of characters
     */
    public ImmutableList<String> pieces() {
        return bytes.stream()
                .flatMap(piece -> text(piece).stream())
                .collect(ImmutableList.toImmutableList());
    }

    private static Optional<String> text(byte[] piece) {
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(piece)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty(); // part of a character
        }
    }

    /**
     * Writes a {@code tokenizer.json}. Its reader puts {@code <s>} before every text it encodes
     * with special tokens.
     *
     * @param file the file, replaced if it exists
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        Files.writeString(file, toJson());
    }

    /**
     * Returns what {@link #write(Path)} writes.
     *
     * @return the text of a {@code tokenizer.json}
     */
    public String toJson() {
        return TokenizerFile.json(
                bytes.stream().map(ByteAlphabet::write).collect(ImmutableList.toImmutableList()),
                merges);
    }

    private static byte[] joined(List<byte[]> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Returns the size: {@code BytePairTokenizer[3072 tokens]}. */
    @Override
    public String toString() {
        return "BytePairTokenizer[" + size() + " tokens]";
    }
}
