package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tokenising, pieces and decoding with each kind of vocabulary. */
class TokenizerTest {

    private static Tokenizer byteLevel;
    private static Tokenizer metaspace;
    private static Tokenizer wordLevel;
    private static Tokenizer unigram;

    @BeforeAll
    static void load() {
        byteLevel = Fixtures.load("byte-level");
        metaspace = Fixtures.load("metaspace");
        wordLevel = Fixtures.load("word-level");
        unigram = Fixtures.load("unigram");
    }

    @AfterAll
    static void close() {
        byteLevel.close();
        metaspace.close();
        wordLevel.close();
        unigram.close();
    }

    @Test
    void byteLevelPiecesKeepTheirSpacesAndSpansIncludeThem() {
        TokenizedPrompt prompt = byteLevel.tokenize("The Eiffel Tower is in");
        assertThat(prompt.ids()).isEqualTo(ImmutableIntArray.of(257, 258, 260, 261, 266, 268, 269));
        assertThat(prompt)
                .hasToString("\"The\"·\" E\"·\"iff\"·\"el\"·\" Tower\"·\" is\"·\" in\"")
                .isEqualTo(byteLevel.tokenize("The Eiffel Tower is in", false));
        assertThat(Fixtures.spans(prompt))
                .containsExactly("0..3", "3..5", "5..8", "8..10", "10..16", "16..19", "19..22");
        assertThat(Positions.of(" ").firstOccurrence().resolve(prompt))
                .isEqualTo(ImmutableIntArray.of(1));
    }

    @Test
    void metaspaceBeginsWithTheTokenTheCheckpointAdds() {
        TokenizedPrompt prompt = metaspace.tokenize("The Eiffel Tower is in");
        assertThat(prompt)
                .hasToString("\"<s>\"·\" The\"·\" E\"·\"iff\"·\"el\"·\" Tower\"·\" is\"·\" in\"");
        assertThat(Fixtures.spans(prompt))
                .containsExactly(
                        "-", "0..3", "3..5", "5..8", "8..10", "10..16", "16..19", "19..22");
        assertThat(metaspace.tokenize("The Eiffel Tower is in", false).ids())
                .isEqualTo(prompt.ids().subArray(1, 8));
        assertThat(metaspace.tokenize("").ids()).isEqualTo(ImmutableIntArray.of(1));
    }

    @Test
    void spansCountUtf16UnitsNotCodePoints() {
        // An emoji (2 units), a combining accent, and CJK: bytes of a character share its span.
        TokenizedPrompt prompt = byteLevel.tokenize("a😀e\u0301日 in");
        assertThat(Fixtures.pieces(prompt))
                .containsExactly(
                        "a",
                        "<0xF0><0x9F>",
                        "<0x98>",
                        "<0x80>",
                        "e",
                        "<0xCC>",
                        "<0x81>",
                        "<0xE6>",
                        "<0x97>",
                        "<0xA5>",
                        " in");
        assertThat(Fixtures.spans(prompt))
                .containsExactly(
                        "0..1", "1..3", "1..3", "1..3", "3..4", "4..5", "4..5", "5..6", "5..6",
                        "5..6", "6..9");
        assertThat(Positions.of("😀").resolve(prompt)).isEqualTo(ImmutableIntArray.of(1, 2, 3));
        assertThat(Positions.of("日 in").resolve(prompt))
                .isEqualTo(ImmutableIntArray.of(7, 8, 9, 10));

        TokenizedPrompt fallback = metaspace.tokenize("x😀𝄞 the");
        assertThat(Fixtures.spans(fallback))
                .containsExactly(
                        "-", "0..0", "0..1", "1..3", "1..3", "1..3", "1..3", "3..5", "3..5", "3..5",
                        "3..5", "5..9");
        assertThat(fallback.token(7).piece()).isEqualTo("<0xF0>");
    }

    @Test
    void theSpaceATokenizerPutsBeforeATextBelongsToNoCharacter() {
        TokenizedPrompt prompt = metaspace.tokenize("cat");
        assertThat(Fixtures.pieces(prompt)).containsExactly("<s>", " ", "c", "a", "t");
        assertThat(Positions.of("cat").resolve(prompt)).isEqualTo(ImmutableIntArray.of(2, 3, 4));
        TokenizedPrompt spaced = metaspace.tokenize("a cat");
        assertThat(Positions.of(" c").resolve(spaced)).isEqualTo(ImmutableIntArray.of(3, 4));
    }

    @Test
    void wordsHaveSpansWithoutSpaces() {
        TokenizedPrompt prompt = wordLevel.tokenize("The cat sat on the mat.");
        assertThat(prompt.ids()).isEqualTo(ImmutableIntArray.of(2, 3, 4, 5, 2, 6, 7));
        assertThat(prompt.token(2).span()).contains(new CharSpan(8, 11));
        assertThat(wordLevel.decode(prompt.ids())).isEqualTo("the cat sat on the mat .");
    }

    @Test
    void unigramVocabulariesAreLists() {
        TokenizedPrompt prompt = unigram.tokenize("the cat sat");
        assertThat(prompt).hasToString("\" the\"·\" cat\"·\" \"·\"s\"·\"a\"·\"t\"");
        assertThat(unigram.decode(prompt.ids())).isEqualTo("the cat sat");
        assertThat(unigram.id(" cat")).hasValue(5);
        assertThat(unigram.vocabularySize()).isEqualTo(9);
    }

    @Test
    void specialTokensWrittenInTextAreRead() {
        TokenizedPrompt prompt = byteLevel.tokenize("The<|endoftext|> in", false);
        assertThat(prompt.ids()).isEqualTo(ImmutableIntArray.of(257, 281, 269));
        assertThat(prompt.token(1).span()).contains(new CharSpan(3, 16));
        assertThat(byteLevel.decode(prompt.ids())).isEqualTo("The in");
        assertThat(byteLevel.decode(prompt.ids(), true)).isEqualTo("The<|endoftext|> in");
        assertThat(metaspace.tokenize("<s>", false).ids()).isEqualTo(ImmutableIntArray.of(1));
    }

    @Test
    void longTextsAreNeitherCutNorPadded() {
        // The file itself asks for 8 tokens and padding to 16.
        String text = "The" + " in".repeat(599);
        assertThat(byteLevel.tokenize(text).length()).isEqualTo(600);
        assertThat(metaspace.tokenize(text).length()).isEqualTo(601);
        assertThat(byteLevel.tokenize("The in").length()).isEqualTo(2);
        assertThat(byteLevel.tokenize(text).toString())
                .endsWith("(600 tokens)")
                .hasSizeLessThan(500);
    }

    @Test
    void loneSurrogatesAndNulAreText() {
        TokenizedPrompt prompt = byteLevel.tokenize("a\uD83D\u0000b\uDE00");
        assertThat(prompt.text()).isEqualTo("a\uFFFD\u0000b\uFFFD");
        assertThat(byteLevel.decode(prompt.ids())).isEqualTo("a\uFFFD\u0000b\uFFFD");
        assertThat(prompt.token(prompt.length() - 1).span()).contains(new CharSpan(4, 5));
    }

    @Test
    void piecesAreReadable() {
        assertThat(byteLevel.piece(269)).isEqualTo(" in");
        assertThat(byteLevel.piece(10)).isNotEmpty();
        assertThat(byteLevel.piece(byteLevel.id("\n").getAsInt())).isEqualTo("\n");
        assertThat(byteLevel.piece(280)).isEqualTo(" <0xF0><0x9F>");
        assertThat(byteLevel.piece(281)).isEqualTo("<|endoftext|>");
        assertThat(byteLevel.piece(282)).isEqualTo("   ");
        assertThat(byteLevel.vocabularySize()).isEqualTo(283);
        assertThat(metaspace.piece(1)).isEqualTo("<s>");
        assertThat(metaspace.piece(3 + 0xE2)).isEqualTo("<0xE2>");
        assertThat(metaspace.piece(3 + '\n')).isEqualTo("\n");
        // There is an ordinary token for "a", so its byte is shown as a byte.
        assertThat(metaspace.piece(3 + 'a')).isEqualTo("<0x61>");
        for (Tokenizer tokenizer : List.of(byteLevel, metaspace, wordLevel, unigram)) {
            for (int id = 0; id < tokenizer.vocabularySize(); id++) {
                String piece = tokenizer.piece(id);
                assertThat(piece)
                        .isNotEmpty()
                        .doesNotContain("\uFFFD")
                        .isEqualTo(tokenizer.label(id));
                assertThat(tokenizer.id(piece)).as("piece %s", piece).hasValue(id);
            }
        }
    }

    @Test
    void unknownIdsNameTheRange() {
        assertThatThrownBy(() -> byteLevel.piece(283))
                .isInstanceOf(UnknownTokenException.class)
                .hasMessage("token id 283 is not in 0..282, the vocabulary of byte-level");
        assertThatThrownBy(() -> byteLevel.piece(-1)).isInstanceOf(UnknownTokenException.class);
        assertThatThrownBy(() -> byteLevel.decode(ImmutableIntArray.of(-1)))
                .isInstanceOf(UnknownTokenException.class);
        assertThat(byteLevel.label(283)).isEqualTo("#283");
        assertThat(byteLevel.decode(ImmutableIntArray.of(257, 50_000, 269))).isEqualTo("The in");
        assertThat(byteLevel.id(" Rome")).isEmpty();
        assertThat(byteLevel.id(" Paris")).isPresent();
    }

    @Test
    void promptsOfIdsCarryPieces() {
        TokenizedPrompt prompt = metaspace.prompt(ImmutableIntArray.of(1, 320, 9999));
        assertThat(prompt).hasToString("\"<s>\"·\" The\"·\"#9999\"");
        assertThat(prompt.text()).isEqualTo("<s> The");
    }

    @Test
    void continuationsKeepTheirLeadingSpace() {
        ImmutableIntArray all = metaspace.tokenize("The Tower is in").ids();
        for (int cut = 0; cut <= all.length(); cut++) {
            ImmutableIntArray prefix = all.subArray(0, cut);
            ImmutableIntArray rest = all.subArray(cut, all.length());
            assertThat(metaspace.decode(prefix) + metaspace.decodeContinuation(prefix, rest))
                    .isEqualTo("The Tower is in");
        }
        assertThat(metaspace.decodeContinuation(all.subArray(0, 2), all.subArray(2, 3)))
                .isEqualTo(" Tower");
        ImmutableIntArray once = ImmutableIntArray.of(metaspace.id(" Once").getAsInt());
        assertThat(metaspace.decodeContinuation(ImmutableIntArray.of(1), once)).isEqualTo("Once");
    }

    @Test
    void unfinishedCharactersAreHeldAtTheEnd() {
        for (Tokenizer tokenizer : List.of(byteLevel, metaspace)) {
            // Two emoji in a row: four or three tokens each, no character between them.
            ImmutableIntArray ids = tokenizer.tokenize("e😀😀e").ids();
            String shown = "";
            for (int end = 1; end <= ids.length(); end++) {
                String text = tokenizer.decode(ids.subArray(0, end));
                assertThat(text.indexOf('\uFFFD')).isIn(-1, text.length() - 1);
                assertThat("e😀😀e").startsWith(text.replace("\uFFFD", ""));
                assertThat(text.length()).isGreaterThanOrEqualTo(shown.length() - 1);
                shown = text;
            }
            assertThat(shown).isEqualTo("e😀😀e");
            int middle = ids.length() - 3;
            assertThat(tokenizer.decode(ids.subArray(0, middle))).isEqualTo("e😀\uFFFD");
            assertThat(
                            tokenizer.decodeContinuation(
                                    ids.subArray(0, middle), ids.subArray(middle, ids.length())))
                    .isEqualTo("😀e");
        }
    }

    @Test
    void textWithoutTokensIsAnErrorWithAWayOut() {
        assertThatThrownBy(() -> byteLevel.tokenize(""))
                .isInstanceOf(EmptyPromptException.class)
                .hasMessage(
                        "The text \"\" has no tokens for Tokenizer[byte-level, 283 tokens], which"
                                + " adds none of its own here. Give it some text, or start from"
                                + " TokenizedPrompt.ofIds(281), which is \"<|endoftext|>\".");
        assertThatThrownBy(() -> metaspace.tokenize("", false))
                .isInstanceOf(EmptyPromptException.class);
    }

    @Test
    void threadsShareATokenizer() throws Exception {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            texts.add("The Tower 😀 is in " + i + " Paris".repeat(i % 7));
        }
        Callable<List<TokenizedPrompt>> work =
                () -> texts.stream().map(byteLevel::tokenize).toList();
        List<TokenizedPrompt> expected = work.call();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (Future<List<TokenizedPrompt>> result :
                    threads.invokeAll(List.of(work, work, work, work))) {
                assertThat(result.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void closedTokenizersSaySo() {
        Tokenizer tokenizer = Fixtures.load("word-level");
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.tokenize("the"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the tokenizer of word-level is closed");
        assertThatThrownBy(() -> tokenizer.decode(ImmutableIntArray.of(2)))
                .isInstanceOf(IllegalStateException.class);
    }
}
