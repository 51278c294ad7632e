package dev.patchscopes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.PositionException;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TargetPromptTest {

    @Test
    void presetsEndInTheirPlaceholder() {
        assertThat(TargetPrompt.tokenIdentity().text())
                .isEqualTo("cat -> cat\n1135 -> 1135\nhello -> hello\n?");
        assertThat(TargetPrompt.tokenIdentity(List.of("bat", "shoe"), " is ", "; ", "x").text())
                .isEqualTo("bat is bat; shoe is shoe; x");
        assertThat(TargetPrompt.featureExtraction("The capital city of ").text())
                .isEqualTo("The capital city of x");
        assertThat(TargetPrompt.bare().text()).isEqualTo("?");
        assertThat(TargetPrompt.entityDescription().text())
                .startsWith("Syria: Country in the Middle East, Leonardo DiCaprio: ")
                .endsWith(" corporation, x");
        assertThat(
                        List.of(
                                TargetPrompt.tokenIdentity(),
                                TargetPrompt.featureExtraction("Largest city in"),
                                TargetPrompt.bare("x"),
                                TargetPrompt.entityDescription()))
                .allSatisfy(
                        t ->
                                assertThat(t.placeholder())
                                        .contains(
                                                new CharSpan(
                                                        t.text().length() - 1, t.text().length())));
    }

    @Test
    void placeholdersInsideWordsDoNotCount() {
        assertThat(TargetPrompt.of("The next x in Mexico", "x").placeholder())
                .contains(new CharSpan(9, 10));
        assertThat(TargetPrompt.of("Is it ??", "??").placeholder()).contains(new CharSpan(6, 8));
    }

    @Test
    void placeholdersThatAreNotThereOnceAreRefused() {
        assertThatThrownBy(() -> TargetPrompt.of("Mexico", "x"))
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "placeholder \"x\" does not stand by itself in \"Mexico\": put it there, or use TargetPrompt.of(text) to patch the last token");
        assertThatThrownBy(() -> TargetPrompt.of("x and x", "x"))
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "placeholder \"x\" stands 2 times in \"x and x\", at characters 0, 6: choose one with new TargetPrompt(text, Optional.of(span))");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetPrompt.of("x", " "))
                .withMessage("the placeholder is \" \"; give it at least one visible character");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TargetPrompt("x", Optional.of(new CharSpan(0, 2))))
                .withMessage(
                        "the placeholder at characters 0..2 ends beyond the text, which has 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetPrompt.featureExtraction(" "))
                .withMessage("the relation is blank; try \"The capital city of\"");
    }

    @Test
    void aTokenMayHoldTheSpaceBeforeThePlaceholder() {
        assertThat(TargetPrompt.of("Who is x?", "x").resolve(prompt("Who", " is", " x", "?")))
                .isEqualTo(2);
        assertThat(TargetPrompt.of("Who is x?", "x").resolve(prompt("Who", " is ", "x", "?")))
                .isEqualTo(2);
    }

    @Test
    void withoutAPlaceholderTheLastTokenIsMeant() {
        assertThat(TargetPrompt.of("Who is x?").resolve(prompt("Who", " is", " x", "?")))
                .isEqualTo(3);
    }

    @Test
    void aPlaceholderOfSeveralTokensIsRefused() {
        TargetPrompt target = TargetPrompt.of("Who is xyz?", "xyz");

        assertThatThrownBy(() -> target.resolve(prompt("Who", " is", " x", "yz", "?")))
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "placeholder \"xyz\" is 2 tokens, and a patch replaces one: choose a placeholder that is one token, or a targetPosition(...). Tokens: 0 \"Who\" 1 \" is\" 2 \" x\" 3 \"yz\" 4 \"?\"");
    }

    @Test
    void aPlaceholderThatSharesItsTokenIsRefused() {
        TargetPrompt target = TargetPrompt.of("Who is x?", "x");

        assertThatThrownBy(() -> target.resolve(prompt("Who", " is", " x?")))
                .isInstanceOf(PositionException.class)
                .hasMessage(
                        "placeholder \"x\" is part of token 2 \" x?\": set it apart from its neighbours, or choose a targetPosition(...). Tokens: 0 \"Who\" 1 \" is\" 2 \" x?\"");
    }

    @Test
    void toStringShowsThePlaceholderWhereItDoesNotEndTheText() {
        assertThat(TargetPrompt.bare("x")).hasToString("\"x\"");
        assertThat(TargetPrompt.of("Who is x?", "x"))
                .hasToString("\"Who is x?\", placeholder \"x\" at 7..8");
    }

    /** A prompt whose pieces, put together, are its text. */
    private static TokenizedPrompt prompt(String... pieces) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        for (String piece : pieces) {
            CharSpan span = new CharSpan(at, at + piece.length());
            tokens.add(new Token(tokens.size(), tokens.size(), piece, Optional.of(span)));
            at = span.end();
        }
        return TokenizedPrompt.of(String.join("", pieces), tokens);
    }
}
