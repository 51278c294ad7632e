package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a reader of a page can copy, in a browser. */
class PageCopyBrowserTest extends BrowserPages {

    private static final String CELL_1_1 =
            """
            layer\t1
            token\t cap
            text\t r1c1
            probability\t0.5
            rank\t102
            note\ta note of 1
            1\t Paris\t0.75
            2\t"a\tb"\t0.0001
            """;

    @Test
    void theKeyCCopiesTheCellInFocus() throws IOException {
        open(PageFixtures.lens());
        browser.click(cell(1, 1));
        browser.pointAway();

        browser.press("c");

        assertThat(browser.copied()).isEqualTo(CELL_1_1);
    }

    @Test
    void controlCCopiesTheCellUnlessATextIsSelected() throws IOException {
        open(PageFixtures.lens());
        browser.click(cell(1, 1));
        browser.pressWithControl("c");
        assertThat(browser.copied()).isEqualTo(CELL_1_1);

        open(PageFixtures.lens());
        browser.click(cell(1, 1));
        browser.run("getSelection().selectAllChildren(document.querySelector('figcaption p'))");
        browser.pressWithControl("c");

        assertThat(browser.texts("[role=status]")).containsOnly("");
        assertThat(clipboard()).isEqualTo("What to know.");
    }

    private static String clipboard() {
        browser.run(
                "window.held = null; navigator.clipboard.readText().then(text => (window.held = text))");
        browser.await(() -> browser.run("return window.held") != null);
        return (String) browser.run("return window.held");
    }

    @Test
    void theKeyCCopiesTheCellThatIsPointedAt() throws IOException {
        open(PageFixtures.lens());
        browser.pointAt(cell(1, 1));

        browser.press("c");

        assertThat(browser.copied()).isEqualTo(CELL_1_1);
    }

    @Test
    void copiesWhereAPageMayNotUseTheClipboard() throws IOException {
        for (String refused :
                List.of(
                        "undefined",
                        "{writeText: () => Promise.reject(new Error('not allowed'))}")) {
            open(PageFixtures.lens());
            browser.run(
                    "const own = navigator.clipboard; window.own = own;"
                            + "Object.defineProperty(navigator, 'clipboard', {value: "
                            + refused
                            + ", configurable: true})");
            browser.click(cell(1, 1));
            browser.press("c");
            browser.await(() -> browser.texts("[role=status]").contains("copied"));
            browser.run("Object.defineProperty(navigator, 'clipboard', {value: window.own})");

            assertThat(clipboard()).as(refused).isEqualTo(CELL_1_1);
            assertThat(
                            (Boolean)
                                    browser.run(
                                            "return document.activeElement.matches(arguments[0])",
                                            cell(1, 1)))
                    .as("the focus stays")
                    .isTrue();
            assertThat(browser.all("textarea")).isEmpty();
        }
    }

    @Test
    void theNumbersCopiedAreThoseOfTheMeasureThatIsShown() throws IOException {
        Heatmap lens = PageFixtures.lens();
        int rank = lens.measures().stream().map(Measure::name).toList().indexOf("rank");
        open(lens);
        browser.choose(BrowserPages.MEASURE, "rank");
        browser.click(".controls button:nth-of-type(2)");

        assertThat(browser.copied())
                .contains(
                        "\n1\t%.0f\t%.0f\t"
                                .formatted(lens.at(1, 0).value(rank), lens.at(1, 1).value(rank)));
    }

    @Test
    void buttonsCopyTheWholeTable() throws IOException {
        open(PageFixtures.lens());
        List<String> buttons = browser.texts(".controls button");
        assertThat(buttons).containsExactly("copy texts", "copy numbers");

        browser.click(".controls button:nth-of-type(2)");
        assertThat(browser.copied())
                .isEqualTo(
                        """
                        layer\tThe\t cap\tital\t of
                        0\t0.1\t0.2\t0.3\t
                        1\t0.25\t0.5\t0.75\t0.9
                        2\t0.125\t0.0001234\t1\t0
                        """);

        open(PageFixtures.lens());
        browser.click(".controls button:nth-of-type(1)");
        assertThat(browser.copied())
                .startsWith("layer\tThe\t cap\tital\t of\n0\t r0c0\t r0c1\t r0c2\t\n");

        open(Table.of("Numbers", "token", "p").withRow(" a", 0.123456789));
        browser.click(".controls button");
        assertThat(browser.copied()).isEqualTo("token\tp\n a\t0.123456789\n");
    }
}
