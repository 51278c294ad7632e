package dev.patchscopes.text;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * A checkpoint's own tokenizer: text to tokens with character spans, and back.
 *
 * <p>Nothing is truncated or padded, whatever the checkpoint's files ask for.
 *
 * <p><b>Beginning-of-sequence token.</b> Added by the checkpoint's own rule, as the fast tokenizers
 * of HuggingFace transformers apply it: the post-processor in {@code tokenizer.json} decides,
 * except that tokenizers of the classes Llama, CodeLlama, Gemma and Cohere go by {@code
 * add_bos_token} (default true) and {@code add_eos_token} (default false) of {@code
 * tokenizer_config.json}.
 *
 * <p><b>Special tokens in text.</b> The text of a special token, such as {@code <s>}, is read as
 * that token wherever it occurs, with or without {@code addSpecialTokens}.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("models/gpt2"))) {
 *     TokenizedPrompt prompt = tokenizer.tokenize("The capital of France is");
 *     System.out.println(prompt);              // "The"·" capital"·" of"·" France"·" is"
 *     System.out.println(tokenizer.id(" Paris")); // OptionalInt[6342]
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads. Holds native memory until closed; using it afterwards throws
 * {@link IllegalStateException}.
 */
public final class Tokenizer implements AutoCloseable {

    /** Without these the native tokenizer would cut texts at 512 tokens. */
    private static final Map<String, String> NATIVE_OPTIONS =
            Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true");

    private final String name;
    private final HuggingFaceTokenizer engine;
    private final Vocabulary vocabulary;
    private final Decoding decoding;
    private final OptionalInt bos;
    private final ImmutableIntArray eos;
    private final OptionalInt pad;

    /**
     * Shared by calls into native code, exclusive for closing: memory is not freed under a call.
     */
    private final ReadWriteLock closing = new ReentrantReadWriteLock();

    private boolean closed;

    private Tokenizer(String name, HuggingFaceTokenizer engine, TokenizerSource source) {
        this.name = name;
        this.engine = engine;
        this.vocabulary = new Vocabulary(source.json());
        this.decoding = new Decoding(vocabulary, ids -> engine.decode(ids, false));
        this.bos = source.special().id("bos_token", vocabulary);
        this.eos = source.special().eos(vocabulary);
        this.pad = source.special().id("pad_token", vocabulary);
    }

    /**
     * Loads the tokenizer of a model directory. Nothing is fetched from the network.
     *
     * <p>Reads {@code tokenizer.json}, or GPT-2 style {@code vocab.json} and {@code merges.txt}
     * where a checkpoint has only these (OPT); further, where present, {@code
     * tokenizer_config.json}, {@code special_tokens_map.json}, {@code generation_config.json} and
     * {@code config.json} for the special tokens.
     *
     * @param modelDirectory the directory, or a {@code tokenizer.json} itself
     * @return the tokenizer; the caller closes it
     * @throws TokenizerNotFoundException if there is no tokenizer; the message says what to do
     * @throws TokenizerFormatException if a file is damaged, or made to end the process in native
     *     code
     * @throws UncheckedIOException if a file cannot be read
     */
    public static Tokenizer load(Path modelDirectory) {
        TokenizerSource source = TokenizerSource.find(modelDirectory);
        NativeStartup.prepare();
        // Apart from the parse below, so that a missing native library is not called a bad file.
        LibUtils.checkStatus();
        HuggingFaceTokenizer engine;
        try (InputStream json =
                new ByteArrayInputStream(source.json().source().getBytes(StandardCharsets.UTF_8))) {
            engine = HuggingFaceTokenizer.newInstance(json, NATIVE_OPTIONS);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the tokenizer in " + modelDirectory, e);
        } catch (RuntimeException e) {
            throw new TokenizerFormatException(
                    "the tokenizer in "
                            + modelDirectory
                            + " is not one the tokenizers library can read: "
                            + e.getMessage(),
                    e);
        }
        Path name = modelDirectory.toAbsolutePath().normalize().getFileName();
        try {
            return new Tokenizer(name == null ? "/" : name.toString(), engine, source);
        } catch (Throwable e) {
            engine.close();
            throw e;
        }
    }

    /**
     * Splits a text into tokens, adding special tokens by the checkpoint's own rule.
     *
     * @param text any text; a surrogate without its partner is read as U+FFFD
     * @return the prompt
     * @throws EmptyPromptException if the text gives no token at all
     * @throws TokenizerFormatException if the tokenizer has no token for a piece of the text, not
     *     even one for unknown pieces
     */
    public TokenizedPrompt tokenize(String text) {
        return tokenize(text, true);
    }

    /**
     * Splits a text into tokens.
     *
     * @param text any text; a surrogate without its partner is read as U+FFFD
     * @param addSpecialTokens whether to add what the checkpoint's rule adds (see the class);
     *     special tokens written in the text are read as such either way
     * @return the prompt
     * @throws EmptyPromptException if the text gives no token at all
     * @throws TokenizerFormatException if the tokenizer has no token for a piece of the text, not
     *     even one for unknown pieces
     */
    public TokenizedPrompt tokenize(String text, boolean addSpecialTokens) {
        String wellFormed = CodePoints.wellFormed(text);
        Encoding encoding = open(() -> encode(wellFormed, addSpecialTokens));
        long[] ids = encoding.getIds();
        if (ids.length == 0) {
            throw new EmptyPromptException(emptyPrompt(wellFormed));
        }
        CodePoints codePoints = new CodePoints(wellFormed);
        ai.djl.huggingface.tokenizers.jni.CharSpan[] spans = encoding.getCharTokenSpans();
        List<Optional<CharSpan>> utf16 =
                Arrays.stream(spans)
                        .map(Optional::ofNullable)
                        .map(s -> s.map(c -> codePoints.toUtf16(c.getStart(), c.getEnd())))
                        .toList();
        ImmutableList.Builder<Token> tokens = ImmutableList.builderWithExpectedSize(ids.length);
        for (int i = 0; i < ids.length; i++) {
            int id = Math.toIntExact(ids[i]);
            Optional<CharSpan> span = utf16.get(i);
            if (isPrefixSpace(label(id), utf16.subList(i, ids.length), wellFormed)) {
                span = span.map(s -> new CharSpan(s.start(), s.start()));
            }
            tokens.add(new Token(i, id, label(id), span));
        }
        return TokenizedPrompt.of(wellFormed, tokens.build());
    }

    /** A vocabulary may lack a piece, and the piece that stands for unknown ones. */
    private Encoding encode(String text, boolean addSpecialTokens) {
        try {
            return engine.encode(text, addSpecialTokens, false);
        } catch (RuntimeException e) {
            throw new TokenizerFormatException(
                    "the tokenizer of "
                            + name
                            + " cannot read the text "
                            + Quoting.quoteShort(text)
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Whether a token is the space that SentencePiece-style tokenizers put before a text, standing
     * alone. The native tokenizer gives it the span of the character after it, which would make it
     * part of whatever the text begins with.
     */
    private static boolean isPrefixSpace(
            String piece, List<Optional<CharSpan>> spansFromHere, String text) {
        if (!piece.equals(" ") || spansFromHere.size() < 2 || spansFromHere.get(0).isEmpty()) {
            return false;
        }
        int start = spansFromHere.get(0).get().start();
        return spansFromHere.get(1).filter(next -> next.start() == start).isPresent()
                && !Character.isSpaceChar(text.charAt(start))
                && !Character.isWhitespace(text.charAt(start));
    }

    private String emptyPrompt(String text) {
        String start =
                bos.isPresent()
                        ? "start from TokenizedPrompt.ofIds(%d), which is %s"
                                .formatted(bos.getAsInt(), Quoting.quote(piece(bos.getAsInt())))
                        : "start from a token of your choice with TokenizedPrompt.ofIds(id)";
        return ("The text %s has no tokens for %s, which adds none of its own here."
                        + " Give it some text, or %s.")
                .formatted(Quoting.quoteShort(text), this, start);
    }

    /**
     * Makes a prompt of token ids with this tokenizer's pieces. Its text is {@link
     * #decode(ImmutableIntArray, boolean) decoded} with special tokens kept; tokens have no spans,
     * so positions are found by index only.
     *
     * @param ids token ids, at least one, not negative; ids the tokenizer does not know get {@link
     *     #label(int) labels}
     * @return the prompt
     * @throws EmptyPromptException if there is no id
     */
    public TokenizedPrompt prompt(ImmutableIntArray ids) {
        ImmutableList.Builder<Token> tokens = ImmutableList.builderWithExpectedSize(ids.length());
        for (int i = 0; i < ids.length(); i++) {
            tokens.add(new Token(i, ids.get(i), label(ids.get(i)), Optional.empty()));
        }
        return TokenizedPrompt.of(decode(ids, true), tokens.build());
    }

    /**
     * Returns the text of token ids, special tokens left out.
     *
     * @param ids token ids, not negative; ids the tokenizer does not know add nothing
     * @return the exact text; bytes that form no character are U+FFFD
     * @throws UnknownTokenException if an id is negative
     */
    public String decode(ImmutableIntArray ids) {
        return decode(ids, false);
    }

    /**
     * Returns the text of token ids.
     *
     * @param ids token ids, not negative; ids the tokenizer does not know add nothing
     * @param keepSpecialTokens whether special tokens appear as they are written, such as {@code
     *     <s>}
     * @return the exact text; bytes that form no character are U+FFFD
     * @throws UnknownTokenException if an id is negative
     */
    public String decode(ImmutableIntArray ids, boolean keepSpecialTokens) {
        return open(() -> decoding.decode(ids, keepSpecialTokens));
    }

    /**
     * Returns the text that tokens add to the tokens before them, special tokens left out.
     *
     * <p>Unlike {@link #decode(ImmutableIntArray) decoding} the continuation alone, this keeps the
     * space it begins with, and a character whose bytes lie partly in the prefix belongs to the
     * continuation that completes it. A character the continuation leaves unfinished is one U+FFFD
     * at the very end.
     *
     * @param prefix token ids before; may be empty
     * @param continuation token ids after
     * @return the added text
     * @throws UnknownTokenException if an id is negative
     */
    public String decodeContinuation(ImmutableIntArray prefix, ImmutableIntArray continuation) {
        return open(() -> decoding.decodeContinuation(prefix, continuation));
    }

    /**
     * Returns the readable piece of a token: a leading space is a real space ({@code " the"}),
     * bytes that form no character by themselves are written as {@code <0xE2>}, an id no token has
     * as {@code #17}.
     *
     * @param id token id, {@code 0..vocabularySize() - 1}
     * @return the piece, never empty
     * @throws UnknownTokenException if the id is out of that range
     */
    public String piece(int id) {
        if (id < 0 || id >= vocabulary.size()) {
            throw new UnknownTokenException(
                    "token id %d is not in 0..%d, the vocabulary of %s"
                            .formatted(id, vocabulary.size() - 1, name));
        }
        return vocabulary.piece(id);
    }

    /**
     * Returns {@link #piece(int)}, or {@code #50300} for an id beyond the vocabulary: many models
     * have more rows in their output matrix than their tokenizer has tokens.
     *
     * @param id any id
     * @return what to call it, never empty
     */
    public String label(int id) {
        return id >= 0 && id < vocabulary.size() ? vocabulary.piece(id) : "#" + id;
    }

    /**
     * Finds the single token that reads as a text.
     *
     * @param exactText the text with its leading space if the token has one: {@code " Paris"}
     * @return the token whose {@link #piece(int)} this is; empty if there is none or several
     */
    public OptionalInt id(String exactText) {
        return vocabulary.id(exactText);
    }

    /**
     * Returns the number of token ids, added tokens included.
     *
     * @return the highest id plus one
     */
    public int vocabularySize() {
        return vocabulary.size();
    }

    /**
     * Returns the token that begins a text, whether or not the tokenizer adds it.
     *
     * @return the id, empty if the checkpoint names none
     */
    public OptionalInt bos() {
        return bos;
    }

    /**
     * Returns the tokens that end a text, at which generation stops.
     *
     * @return the ids of {@code generation_config.json} or {@code config.json}, else the
     *     tokenizer's own; empty if the checkpoint names none
     */
    public ImmutableIntArray eos() {
        return eos;
    }

    /**
     * Returns the token the checkpoint names for padding.
     *
     * @return the id, empty if the checkpoint names none
     */
    public OptionalInt pad() {
        return pad;
    }

    /** Frees the native memory, waiting for calls in other threads; later calls do nothing. */
    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                engine.close();
            }
        } finally {
            closing.writeLock().unlock();
        }
    }

    private <T> T open(Supplier<T> call) {
        closing.readLock().lock();
        try {
            checkState(!closed, "the tokenizer of %s is closed", name);
            return call.get();
        } finally {
            closing.readLock().unlock();
        }
    }

    /** Returns name and size: {@code Tokenizer[gpt2, 50257 tokens]}. */
    @Override
    public String toString() {
        return "Tokenizer[" + name + ", " + vocabulary.size() + " tokens]";
    }
}
