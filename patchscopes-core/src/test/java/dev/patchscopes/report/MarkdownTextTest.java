package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MarkdownTextTest {

    private final long seed = Long.getLong("seed", System.nanoTime());

    @Test
    void whatWouldBeSyntaxIsEscaped() {
        assertThat(MarkdownText.inline("a|b\\c`d*e_f<g>h&i~j$k#l[m]n"))
                .isEqualTo("a\\|b\\\\c\\`d\\*e\\_f\\<g\\>h\\&i\\~j\\$k\\#l\\[m\\]n");
        assertThat(MarkdownText.inline("plain, text (of words) 0.5 - 1 + 2!"))
                .isEqualTo("plain, text (of words) 0.5 - 1 + 2!");
    }

    @Test
    void aTextStartsNoListAndNoRule() {
        assertThat(MarkdownText.inline("- a")).isEqualTo("\\- a");
        assertThat(MarkdownText.inline("+ a")).isEqualTo("\\+ a");
        assertThat(MarkdownText.inline("12. a")).isEqualTo("12\\. a");
        assertThat(MarkdownText.inline("12) a")).isEqualTo("12\\) a");
        assertThat(MarkdownText.inline("---")).isEqualTo("\\---");
        assertThat(MarkdownText.inline("-")).isEqualTo("\\-");
        assertThat(MarkdownText.inline("-0.5")).isEqualTo("-0.5");
        assertThat(MarkdownText.inline("0.5")).isEqualTo("0.5");
    }

    @Test
    void addressesAreNoLinks() {
        assertThat(MarkdownText.inline("https://a.b")).isEqualTo("https:\\//a.b");
        assertThat(MarkdownText.inline("WWW.a.b")).isEqualTo("WWW\\.a.b");
    }

    @Test
    void spacesAndLineBreaksAreSeen() {
        assertThat(MarkdownText.inline(" a  b\n")).isEqualTo("·a &nbsp;b\\\\n");
    }

    @Test
    void whatIsShownIsTheText() {
        System.out.println("-Dseed=" + seed);
        RandomTexts texts = new RandomTexts(new Random(seed));
        for (int i = 0; i < 20_000; i++) {
            String text = texts.next();
            assertThat(SmallMarkdown.text(MarkdownText.inline(text)))
                    .isEqualTo(VisibleText.of(text));
        }
    }

    @Test
    void cellsOfATableHoldWhatTheyHeld() {
        System.out.println("-Dseed=" + seed);
        RandomTexts texts = new RandomTexts(new Random(seed));
        for (int i = 0; i < 5_000; i++) {
            List<String> cells = List.of(texts.next(), texts.next(), texts.next());
            Table table = Table.of("", "a", "b", "c").withRows(List.of(cells));
            String row = table.toMarkdown().split("\n", -1)[2];
            assertThat(SmallMarkdown.cells(row).stream().map(SmallMarkdown::text))
                    .containsExactlyElementsOf(cells.stream().map(VisibleText::of).toList());
        }
    }

    @Test
    void proseIsParagraphsUnderAHeading() {
        assertThat(new Prose("A *b*", "one\ntwo\n\n- three").toMarkdown())
                .isEqualTo("## A \\*b\\*\n\none two\n\n\\- three\n");
        assertThat(Prose.heading("A").toMarkdown()).isEqualTo("## A\n");
        assertThat(Prose.of("a").toMarkdown()).isEqualTo("a\n");
    }
}
