package dev.patchscopes.trace.cross;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two tokenisers that cut texts differently, aligned where both have read the same. */
class AlignedPromptsTest {
    private static final String TEXT = "The cat sat on a mat.";
    @TempDir static Path directory;

    /** Whole words and parts of words, with a token that begins every text. */
    private static Tokenizer demo;

    /** Words known as a whole, single characters for all else, and nothing at the beginning. */
    private static Tokenizer letters;

    @BeforeAll
    static void load() throws IOException {
        demo = Tokenizer.load(DemoModel.SMALL.copyTo(directory.resolve("demo")));
        Path other = Files.createDirectory(directory.resolve("letters"));
        Files.writeString(
                other.resolve("tokenizer.json"),
                """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                 "normalizer": null,
                 "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."},
                                   "behavior": "Isolated", "invert": false},
                 "post_processor": null,
                 "decoder": {"type": "Fuse"},
                 "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "t": 2,
                           " ": 3}}}
                """);
        letters = Tokenizer.load(other);
    }

    @AfterAll
    static void close() {
        demo.close();
        letters.close();
    }

    private static String read(TokenizedPrompt prompt, int position) {
        int end = 0;
        for (int i = 0; i <= position; i++) {
            end = Math.max(end, prompt.token(i).span().map(CharSpan::end).orElse(0));
        }
        return prompt.text().substring(0, end);
    }

    /** No later token holds a character of what was read. */
    private static boolean isComplete(TokenizedPrompt prompt, int position) {
        int end = read(prompt, position).length();
        return prompt.tokens().stream()
                .skip(position + 1)
                .flatMap(token -> token.span().stream())
                .noneMatch(span -> span.start() < end && !span.isEmpty());
    }

    @Test
    void everyTokenEndOfTheCoarserOneIsAligned() {
        TokenizedPrompt coarse = demo.tokenize(TEXT);
        TokenizedPrompt fine = letters.tokenize(TEXT);
        AlignedPrompts aligned = AlignedPrompts.of(coarse, fine);
        int special = coarse.token(0).span().isPresent() ? 0 : 1;
        assertThat(fine.length()).isEqualTo(TEXT.length());
        assertThat(aligned.size()).isEqualTo(coarse.length() - special);
        for (int i = 0; i < aligned.size(); i++) {
            assertThat(aligned.targetPositions().get(i))
                    .isEqualTo(
                            coarse.token(aligned.sourcePositions().get(i)).span().get().end() - 1);
        }
        AlignedPrompts back = AlignedPrompts.of(fine, coarse);
        assertThat(back.sourcePositions()).isEqualTo(aligned.targetPositions());
        assertThat(back.targetPositions()).isEqualTo(aligned.sourcePositions());
    }

    @Test
    void alignedPositionsHaveReadTheSame() {
        String[] parts = {
            "The", " ", "cat", "\n", "é", "日本", "🙂", "e\u0301", " Paris", ",", "x", "  "
        };
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder("T");
            for (int n = random.nextInt(12); n >= 0; n--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            AlignedPrompts aligned =
                    AlignedPrompts.of(
                            demo.tokenize(text.toString()), letters.tokenize(text.toString()));
            assertThat(aligned.size()).as("seed %d: %s", seed, text).isPositive();
            for (int i = 0; i < aligned.size(); i++) {
                int from = aligned.sourcePositions().get(i);
                int to = aligned.targetPositions().get(i);
                assertThat(read(aligned.source(), from))
                        .as("seed %d: %s", seed, text)
                        .isEqualTo(read(aligned.target(), to));
                assertThat(isComplete(aligned.source(), from) && isComplete(aligned.target(), to))
                        .as("seed %d: %s", seed, text)
                        .isTrue();
            }
        }
    }

    @Test
    void bytesOfOneCharacterCountOnceAllAreRead() {
        TokenizedPrompt bytes = prompt("🙂a", span(0, 2), span(0, 2), span(0, 2), span(2, 3));
        TokenizedPrompt whole = prompt("🙂a", span(0, 2), span(2, 3));
        AlignedPrompts aligned = AlignedPrompts.of(bytes, whole);
        assertThat(aligned.sourcePositions()).isEqualTo(ImmutableIntArray.of(2, 3));
        assertThat(aligned.targetPositions()).isEqualTo(ImmutableIntArray.of(0, 1));
    }

    @Test
    void tokensWithoutCharactersAreAlignedNowhere() {
        TokenizedPrompt begun = prompt("ab", Optional.empty(), span(0, 0), span(0, 2));
        TokenizedPrompt plain = prompt("ab", span(0, 1), span(1, 2), Optional.empty());
        AlignedPrompts aligned = AlignedPrompts.of(begun, plain);
        assertThat(aligned.sourcePositions()).isEqualTo(ImmutableIntArray.of(2));
        assertThat(aligned.targetPositions()).isEqualTo(ImmutableIntArray.of(1));
    }

    @Test
    void equalTokensAreAlignedEverywhere() {
        TokenizedPrompt text = demo.tokenize(TEXT);
        AlignedPrompts aligned = AlignedPrompts.of(text, text);
        assertThat(aligned.size()).isEqualTo(text.length());
        assertThat(aligned.sourcePositions()).isEqualTo(aligned.targetPositions());
        assertThat(aligned.skipping(2).sourcePositions().get(0)).isEqualTo(2);
        assertThat(
                        AlignedPrompts.of(TokenizedPrompt.ofIds(3, 4), TokenizedPrompt.ofIds(3, 4))
                                .size())
                .isEqualTo(2);
    }

    @Test
    void promptsAreCutBehindTheLastPosition() {
        AlignedPrompts cut =
                AlignedPrompts.of(demo.tokenize(TEXT), letters.tokenize(TEXT)).select(0, 2);
        assertThat(cut.size()).isEqualTo(2);
        assertThat(cut.source().length()).isEqualTo(cut.sourcePositions().get(1) + 1);
        assertThat(cut.target().length()).isEqualTo(cut.targetPositions().get(1) + 1);
        assertThat(read(cut.source(), cut.sourcePositions().get(1)))
                .isEqualTo(read(cut.target(), cut.targetPositions().get(1)));
    }

    @Test
    void whatCannotBeAlignedIsRefused() {
        assertThatThrownBy(() -> AlignedPrompts.of(demo.tokenize("a"), letters.tokenize("t")))
                .hasMessageContaining("two texts");
        assertThatThrownBy(
                        () -> AlignedPrompts.of(TokenizedPrompt.ofIds(3), TokenizedPrompt.ofIds(4)))
                .hasMessageContaining("AlignedPrompts.at");
        TokenizedPrompt ids = TokenizedPrompt.ofIds(3, 4, 5);
        assertThatThrownBy(
                        () ->
                                AlignedPrompts.at(
                                        ids, ids, ImmutableIntArray.of(1), ImmutableIntArray.of()))
                .hasMessageContaining("do not make pairs");
        assertThatThrownBy(
                        () ->
                                AlignedPrompts.at(
                                        ids, ids, ImmutableIntArray.of(3), ImmutableIntArray.of(1)))
                .hasMessageContaining("source position 3 is not in 0..2");
        assertThatThrownBy(
                        () ->
                                AlignedPrompts.at(
                                        ids,
                                        ids,
                                        ImmutableIntArray.of(0, 1),
                                        ImmutableIntArray.of(2, 1)))
                .hasMessageContaining("do not ascend");
    }

    private static Optional<CharSpan> span(int start, int end) {
        return Optional.of(new CharSpan(start, end));
    }

    @SafeVarargs
    private static TokenizedPrompt prompt(String text, Optional<CharSpan>... spans) {
        List<Token> tokens = new ArrayList<>();
        for (Optional<CharSpan> span : spans) {
            tokens.add(new Token(tokens.size(), tokens.size(), "t", span));
        }
        return TokenizedPrompt.of(text, tokens);
    }
}
