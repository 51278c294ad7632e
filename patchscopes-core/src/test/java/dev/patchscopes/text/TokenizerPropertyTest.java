package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What must hold for any text. */
class TokenizerPropertyTest {

    private static final int TEXTS = 400;

    /** First and last code point of alphabets with one to four UTF-8 bytes, and awkward corners. */
    private static final int[][] ALPHABETS = {
        {' ', '~'},
        {' ', '~'},
        {'a', 'z'},
        {0x00, 0x20},
        {0xA0, 0x17F},
        {0x300, 0x36F},
        {0x5D0, 0x5EA},
        {0x2000, 0x206F},
        {0x2581, 0x2581},
        {0x4E00, 0x9FFF},
        {0xFE00, 0xFFFF},
        {0x1D11E, 0x1D126},
        {0x1F300, 0x1FAFF},
        {0xE0100, 0xE01EF},
    };

    private static Tokenizer byteLevel;
    private static Tokenizer metaspace;

    @BeforeAll
    static void load() {
        byteLevel = Fixtures.load("byte-level");
        metaspace = Fixtures.load("metaspace");
    }

    @AfterAll
    static void close() {
        byteLevel.close();
        metaspace.close();
    }

    /** A claim about one text. */
    private interface Property {
        void check(String text, Random random);
    }

    private static void forRandomTexts(String name, int[][] alphabets, Property property) {
        long seed = System.nanoTime();
        System.out.println(name + ": seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < TEXTS; i++) {
            StringBuilder text = new StringBuilder();
            int length = 1 + random.nextInt(40);
            for (int c = 0; c < length; c++) {
                int[] alphabet = alphabets[random.nextInt(alphabets.length)];
                text.appendCodePoint(alphabet[0] + random.nextInt(alphabet[1] - alphabet[0] + 1));
            }
            try {
                property.check(text.toString(), random);
            } catch (AssertionError e) {
                throw new AssertionError(
                        "seed %d, text %s".formatted(seed, Quoting.quote(text.toString())), e);
            }
        }
    }

    @Test
    void decodingGivesTheTextBack() {
        forRandomTexts(
                "decodingGivesTheTextBack",
                ALPHABETS,
                (text, random) ->
                        assertThat(byteLevel.decode(byteLevel.tokenize(text).ids()))
                                .isEqualTo(text));
    }

    @Test
    void spansCoverTheTextInOrder() {
        forRandomTexts(
                "spansCoverTheTextInOrder",
                ALPHABETS,
                (text, random) -> {
                    for (Tokenizer tokenizer : new Tokenizer[] {byteLevel, metaspace}) {
                        int covered = 0;
                        for (Token token : tokenizer.tokenize(text, false).tokens()) {
                            CharSpan span = token.span().orElseThrow();
                            assertThat(span.start()).isLessThanOrEqualTo(covered);
                            assertThat(span.end()).isGreaterThanOrEqualTo(covered);
                            covered = span.end();
                        }
                        assertThat(covered).isEqualTo(text.length());
                    }
                });
    }

    @Test
    void piecesOfAsciiAreTheText() {
        forRandomTexts(
                "piecesOfAsciiAreTheText",
                new int[][] {{0, 127}, {'a', 'z'}, {' ', ' '}},
                (text, random) -> {
                    for (Token token : byteLevel.tokenize(text).tokens()) {
                        assertThat(token.span().orElseThrow().of(text)).isEqualTo(token.piece());
                    }
                    // SentencePiece-style tokenizers see the text with a space before it.
                    assertThat(
                                    metaspace.tokenize(text, false).tokens().stream()
                                            .map(Token::piece)
                                            .collect(Collectors.joining()))
                            .isEqualTo(" " + text);
                });
    }

    @Test
    void continuationsAddUpToTheWhole() {
        forRandomTexts(
                "continuationsAddUpToTheWhole",
                ALPHABETS,
                (text, random) -> {
                    for (Tokenizer tokenizer : new Tokenizer[] {byteLevel, metaspace}) {
                        TokenizedPrompt prompt = tokenizer.tokenize(text);
                        int cut = random.nextInt(prompt.length() + 1);
                        var prefix = prompt.ids().subArray(0, cut);
                        var rest = prompt.ids().subArray(cut, prompt.length());
                        String before = tokenizer.decode(prefix);
                        String whole = tokenizer.decode(prompt.ids());
                        // What stands before a cut within a character is U+FFFD, not text yet.
                        String kept =
                                whole.startsWith(before)
                                        ? before
                                        : before.substring(0, before.length() - 1);
                        assertThat(kept + tokenizer.decodeContinuation(prefix, rest))
                                .isEqualTo(whole);
                    }
                });
    }

    @Test
    void everyCharacterFindsItsTokens() {
        forRandomTexts(
                "everyCharacterFindsItsTokens",
                ALPHABETS,
                (text, random) -> {
                    TokenizedPrompt prompt = byteLevel.tokenize(text);
                    int from = random.nextInt(text.length());
                    int to = from + 1 + random.nextInt(text.length() - from);
                    var found = Positions.span(from, to).resolve(prompt);
                    for (Token token : prompt.tokens()) {
                        CharSpan span = token.span().orElseThrow();
                        assertThat(found.contains(token.index()))
                                .isEqualTo(span.start() < to && span.end() > from);
                    }
                });
    }
}
