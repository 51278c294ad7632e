package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TerminalTextTest {

    @Test
    void emojiAreAsWideAsTheirParts() {
        assertThat(TerminalText.of("👩\u200d🚀")).isEqualTo("👩🚀");
        assertThat(TerminalText.of("❤\ufe0f")).isEqualTo("❤");
        assertThat(TerminalText.of("\ufe0f")).isEqualTo("◌");
    }

    @Test
    void linesBreakBetweenWords() {
        assertThat(TerminalText.wrap("one two three", 7)).containsExactly("one two", "three");
        assertThat(TerminalText.wrap("one  two", 20)).containsExactly("one two");
        assertThat(TerminalText.wrap("", 20)).isEmpty();
        assertThat(TerminalText.wrap(" \n \n", 20)).isEmpty();
    }

    @Test
    void aWordThatIsTooLongBreaksWithin() {
        assertThat(TerminalText.wrap("a abcdefgh b", 3))
                .containsExactly("a", "abc", "def", "gh", "b");
        assertThat(TerminalText.wrap("東京都", 5)).containsExactly("東京", "都");
    }

    @Test
    void emptyLinesPartParagraphsAndOthersDoNot() {
        assertThat(TerminalText.wrap("one\ntwo\n\n\nthree\r\n \r\nfour", 20))
                .containsExactly("one two", "", "three", "", "four");
    }

    @Test
    void linesFitAndLoseNothing() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        Random random = new Random(seed);
        RandomTexts texts = new RandomTexts(random);
        for (int i = 0; i < 5_000; i++) {
            String text = texts.next() + " " + texts.next() + " " + texts.next();
            int columns = 2 + random.nextInt(20);
            List<String> lines = TerminalText.wrap(text, columns);
            assertThat(lines).allMatch(line -> DisplayWidth.of(line) <= columns);
            assertThat(String.join("", lines).replace(" ", ""))
                    .isEqualTo(String.join("", TerminalText.wrap(text, 10_000)).replace(" ", ""));
        }
    }
}
