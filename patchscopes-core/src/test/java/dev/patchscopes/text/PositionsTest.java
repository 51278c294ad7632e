package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PositionsTest {

    private static final String TOKENS =
            "Tokens: 0 \"The\" 1 \" E\" 2 \"iff\" 3 \"el\" 4 \" Tower\" 5 \" is\" 6 \" in\".";

    private final TokenizedPrompt eiffel = Fixtures.eiffel();

    private static void assertResolves(Positions positions, TokenizedPrompt prompt, int... to) {
        assertThat(positions.resolve(prompt)).isEqualTo(ImmutableIntArray.copyOf(to));
    }

    private static void assertFails(Positions positions, TokenizedPrompt prompt, String message) {
        assertThatThrownBy(() -> positions.resolve(prompt))
                .isInstanceOf(PositionException.class)
                .hasMessage(message);
    }

    @Test
    void indicesCountFromBothEnds() {
        assertResolves(Positions.last(), eiffel, 6);
        assertResolves(Positions.at(2), eiffel, 2);
        assertResolves(Positions.at(-7), eiffel, 0);
        assertResolves(Positions.all(), eiffel, 0, 1, 2, 3, 4, 5, 6);
        assertResolves(Positions.range(1, 4), eiffel, 1, 2, 3);
        assertResolves(Positions.range(0, 7), eiffel, 0, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void severalIndicesComeAscendingAndOnce() {
        assertResolves(Positions.at(5, 0, -2, 3), eiffel, 0, 3, 5);
    }

    @Test
    void textSelectsEveryOverlappingToken() {
        assertResolves(Positions.of("Eiffel Tower"), eiffel, 1, 2, 3, 4);
        assertResolves(Positions.of("ffe"), eiffel, 2, 3);
        assertResolves(Positions.of(" is"), eiffel, 5);
        assertResolves(Positions.of(eiffel.text()), eiffel, 0, 1, 2, 3, 4, 5, 6);
        assertResolves(Positions.firstTokenOf("Eiffel"), eiffel, 1);
        assertResolves(Positions.lastTokenOf("Eiffel"), eiffel, 3);
        assertResolves(Positions.span(4, 10), eiffel, 1, 2, 3);
        assertResolves(Positions.span(3, 4), eiffel, 1);
    }

    @Test
    void touchingTokensAreNotSelected() {
        // " E" ends at 5 and "el" begins at 8.
        assertResolves(Positions.span(5, 8), eiffel, 2);
    }

    @Test
    void occurrenceChoosesAmongRepetitions() {
        TokenizedPrompt cats = Fixtures.prompt("cat", " cat", " catcat", ".");
        assertResolves(Positions.of("cat").firstOccurrence(), cats, 0);
        assertResolves(Positions.of("cat").occurrence(1), cats, 1);
        assertResolves(Positions.of("cat").occurrence(-2), cats, 2);
        assertResolves(Positions.of("cat").lastOccurrence(), cats, 2);
        assertResolves(Positions.lastTokenOf("cat cat").lastOccurrence(), cats, 2);
        assertResolves(Positions.firstTokenOf("cat cat").occurrence(0), cats, 0);
        assertFails(
                Positions.of("cat"),
                cats,
                "Text \"cat\" occurs 4 times in \"cat cat catcat.\", at characters 0, 4, 8, 11."
                        + " Choose one with occurrence(0..3), firstOccurrence() or"
                        + " lastOccurrence(). Tokens: 0 \"cat\" 1 \" cat\" 2 \" catcat\" 3 \".\".");
        assertFails(
                Positions.of("cat").occurrence(4),
                cats,
                "Text \"cat\" occurs 4 times in \"cat cat catcat.\", so there is no occurrence 4"
                        + " (allowed: 0..3, or -4..-1 from the end). Tokens: 0 \"cat\" 1 \" cat\" 2"
                        + " \" catcat\" 3 \".\".");
    }

    @Test
    void overlappingOccurrencesAreAllCounted() {
        assertThatThrownBy(() -> Positions.of("aa").resolve(Fixtures.prompt("a", "aa")))
                .hasMessageContaining("occurs 2 times in \"aaa\", at characters 0, 1.");
    }

    @Test
    void missingTextListsTheTokens() {
        assertFails(
                Positions.of("Towre"),
                eiffel,
                "Text \"Towre\" does not occur in \"The Eiffel Tower is in\". " + TOKENS);
    }

    @Test
    void indicesOutOfRangeListTheTokens() {
        String rest =
                " is not in 0..6 (or -7..-1 from the end) of \"The Eiffel Tower is in\". " + TOKENS;
        assertFails(Positions.at(0, 7), eiffel, "Position 7" + rest);
        assertFails(Positions.at(-8), eiffel, "Position -8" + rest);
    }

    @Test
    void rangesMustBeInsideAndNotEmpty() {
        String rest = " of \"The Eiffel Tower is in\", which has positions 0..6. " + TOKENS;
        assertFails(
                Positions.range(3, 8), eiffel, "Range 3..8 (end excluded) is not inside" + rest);
        assertFails(
                Positions.range(-1, 2), eiffel, "Range -1..2 (end excluded) is not inside" + rest);
        assertFails(
                Positions.range(3, 3),
                eiffel,
                "Range 3..3 (end excluded) holds no position" + rest);
    }

    @Test
    void spansMustBeInsideAndNotEmpty() {
        String rest = " \"The Eiffel Tower is in\", which has 22 characters. " + TOKENS;
        assertFails(Positions.span(4, 23), eiffel, "Span 4..23 is not inside" + rest);
        assertFails(Positions.span(-1, 2), eiffel, "Span -1..2 is not inside" + rest);
        assertFails(Positions.span(4, 4), eiffel, "Span 4..4 holds no character of" + rest);
    }

    @Test
    void charactersWithoutATokenAreAnError() {
        Token the = new Token(0, 5, "the", Optional.of(new CharSpan(0, 3)));
        Token cat = new Token(1, 6, "cat", Optional.of(new CharSpan(4, 7)));
        assertFails(
                Positions.of(" "),
                TokenizedPrompt.of("the cat", List.of(the, cat)),
                "Text \" \" lies at characters 3..4 of \"the cat\", which no token stands for."
                        + " Tokens: 0 \"the\" 1 \"cat\".");
    }

    @Test
    void promptsOfIdsHaveNoText() {
        TokenizedPrompt ids = TokenizedPrompt.ofIds(17, 4);
        assertResolves(Positions.last(), ids, 1);
        assertFails(
                Positions.of("a"),
                ids,
                "Text \"a\" cannot be found: the tokens of this prompt stand for no text. Use at(),"
                        + " range(), last() or all(). Tokens: 0 \"#17\" 1 \"#4\".");
        assertFails(
                Positions.at(2),
                ids,
                "Position 2 is not in 0..1 (or -2..-1 from the end) of a prompt of 2 tokens."
                        + " Tokens: 0 \"#17\" 1 \"#4\".");
    }

    @Test
    void nothingAskedForIsRefusedAtOnce() {
        assertThatThrownBy(() -> Positions.at()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Positions.of(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Positions.of needs a text, not \"\"");
    }

    @Test
    void descriptionsAreReadable() {
        assertThat(Positions.last()).hasToString("last");
        assertThat(Positions.at(0, -2)).hasToString("at(0, -2)");
        assertThat(Positions.all()).hasToString("all");
        assertThat(Positions.range(1, 3)).hasToString("range(1, 3)");
        assertThat(Positions.span(1, 3)).hasToString("span(1, 3)");
        assertThat(Positions.of("a\n\"b\"")).hasToString("of(\"a\\n\\\"b\\\"\")");
        assertThat(Positions.lastTokenOf("x").lastOccurrence())
                .hasToString("lastTokenOf(\"x\").occurrence(-1)")
                .isEqualTo(Positions.lastTokenOf("x").occurrence(-1))
                .isNotEqualTo(Positions.lastTokenOf("x"));
    }

    @Test
    void longPromptsAreCutInMessages() {
        String[] pieces = new String[200];
        java.util.Arrays.fill(pieces, "ab");
        assertThatThrownBy(() -> Positions.of("z").resolve(Fixtures.prompt(pieces)))
                .hasMessageContaining("29 \"ab\" … 170 \"ab\"")
                .message()
                .hasSizeLessThan(1000);
    }
}
