package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** What a reader of a page can see and choose, in a browser. */
class PageBrowserTest extends BrowserPages {

    @Test
    void pointingAtACellShowsWhatItHolds() throws IOException {
        open(PageFixtures.lens());

        browser.pointAt(cell(1, 2));

        assertThat(browser.isSeen(DETAILS)).isTrue();
        assertThat(browser.texts(".details .where")).containsExactly("layer 1 · token ital (2)");
        assertThat(browser.texts(".details p.token")).containsExactly("·r1c2");
        assertThat(browser.texts(".details .measured tr"))
                .containsExactly("probability0.750", "rank103");
        assertThat(browser.texts(".details .note")).containsExactly("a note of 2");
        assertThat(browser.texts(".details .ranking tr"))
                .containsExactly("·Paris0.750", "a\\tb1.0e-04");
        assertThat(browser.properties(".details .bar i", "style.cssText")).hasSize(2);
        assertThat(browser.run("return document.querySelector('.details .bar i').style.width"))
                .isEqualTo("75%");

        browser.pointAway();

        assertThat(browser.isSeen(DETAILS)).isFalse();
    }

    @Test
    void whereNothingWasMeasuredTheDetailsSayIt() throws IOException {
        open(PageFixtures.lens());

        browser.pointAt(cell(0, 3));

        assertThat(browser.texts(".details p"))
                .containsExactly("layer 0 · token ·of (3)", "nothing measured");
        assertThat(browser.computed(cell(0, 3), "backgroundImage")).contains("gradient");
    }

    @Test
    void detailsStandInsideTheWindowAndNotOverTheirCell() throws IOException {
        for (int width : List.of(360, 1200)) {
            browser.resize(width, 640);
            open(PageFixtures.numbers(12, 30, new Random(1)));
            for (int column : List.of(0, 3, 29)) {
                browser.run(
                        "document.querySelector(arguments[0]).scrollIntoView({block: 'center', inline: 'center'})",
                        cell(11, column));
                browser.pointAt(cell(11, column));
                assertThat(browser.isSeen(DETAILS)).isTrue();
                assertThat(
                                browser.run(
                                        """
                                        const box = document.querySelector('.details').getBoundingClientRect();
                                        const cell = document.querySelector(arguments[0]).getBoundingClientRect();
                                        const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
                                        const apart = box.right <= cell.left || box.left >= cell.right || box.bottom <= cell.top || box.top >= cell.bottom;
                                        return inside && apart;
                                        """,
                                        cell(11, column)))
                        .as("column %s at width %s", column, width)
                        .isEqualTo(true);
            }
            assertThat(
                            (Boolean)
                                    browser.run(
                                            "return document.documentElement.scrollWidth <= innerWidth"))
                    .as("the page itself does not scroll sideways at width %s", width)
                    .isTrue();
        }
    }

    @Test
    void keysWalkFromCellToCell() throws IOException {
        open(PageFixtures.lens());
        assertThat(browser.all("td[tabindex='0']")).hasSize(1);

        browser.click(cell(0, 0));
        assertThat(where()).isEqualTo("layer 0 · token The (0)");
        browser.press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN);
        assertThat(where()).isEqualTo("layer 1 · token ·cap (1)");
        browser.press(Keys.END);
        assertThat(where()).isEqualTo("layer 1 · token ·of (3)");
        browser.press(Keys.ARROW_RIGHT);
        assertThat(where()).isEqualTo("layer 1 · token ·of (3)");
        browser.press(Keys.HOME, Keys.PAGE_DOWN);
        assertThat(where()).isEqualTo("layer 2 · token The (0)");
        browser.pressWithControl(Keys.END);
        assertThat(where()).isEqualTo("layer 2 · token ·of (3)");
        browser.pressWithControl(Keys.HOME);
        assertThat(where()).isEqualTo("layer 0 · token The (0)");
        assertThat(browser.all("td[tabindex='0']")).as("one stop for the tab key").hasSize(1);

        browser.press(Keys.ESCAPE);
        assertThat(browser.isSeen(DETAILS)).isFalse();
        browser.press(Keys.ARROW_DOWN);
        assertThat(browser.isSeen(DETAILS)).isTrue();
        assertThat(
                        (Boolean)
                                browser.run(
                                        "return document.getElementById(document.activeElement.getAttribute('aria-describedby'))"
                                                + " === document.querySelector('.details')"))
                .isTrue();
    }

    /** What the details are of. */
    private static String where() {
        assertThat(browser.isSeen(DETAILS)).isTrue();
        return browser.texts(".details .where").get(0);
    }

    @Test
    void aCellThatIsWalkedToIsNotBehindTheLabels() throws IOException {
        browser.resize(500, 300);
        open(PageFixtures.numbers(41, 41, new Random(1)));
        browser.click(cell(0, 0));
        browser.pressWithControl(Keys.END);
        browser.press(Keys.PAGE_UP, Keys.PAGE_UP, Keys.PAGE_UP);
        for (int column = 39; column >= 10; column--) {
            browser.press(Keys.ARROW_LEFT);

            assertThat(where()).isEqualTo("from 10 · to " + column);
            assertThat(
                            (Boolean)
                                    browser.run(
                                            """
                                    const cell = document.activeElement.getBoundingClientRect();
                                    const seen = document.elementFromPoint(cell.left + 3, (cell.top + cell.bottom) / 2);
                                    return seen === document.activeElement;
                                    """))
                    .as("column %s", column)
                    .isTrue();
        }
    }

    @Test
    void keysLeadWhereverThePointerRests() throws IOException {
        open(PageFixtures.numbers(41, 100, new Random(1)));
        browser.click(cell(2, 2));
        browser.press(Keys.END);
        browser.settle();

        assertThat(where()).isEqualTo("from 2 · to 99");

        browser.run("document.querySelector('.scroll').scrollTo(0, 0)");
        browser.await(() -> !browser.isSeen(DETAILS));
        browser.run("document.querySelector('.scroll').scrollTo(9999, 0)");
        browser.await(() -> browser.isSeen(DETAILS));
        browser.press(Keys.ESCAPE);
        browser.run("document.querySelector('.scroll').scrollTo(0, 0)");
        browser.settle();
        assertThat(browser.isSeen(DETAILS)).as("put away").isFalse();

        browser.pointAt(cell(1, 1));
        assertThat(where()).isEqualTo("from 1 · to 1");
    }

    @Test
    void anotherMeasureChangesColoursKeyAndNumbers() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("measures in a browser: seed " + seed);
        Heatmap heatmap = PageFixtures.numbers(20, 10, new Random(seed));
        open(heatmap.showing("difference"));
        List<String> numbers = browser.texts("tbody td");
        List<String> colors = browser.properties("tbody td", "className");
        List<String> key = browser.properties(".ramp i", "className");
        List<String> ends = browser.texts(".ends span");

        open(heatmap);
        assertThat(browser.texts("tbody td")).isNotEqualTo(numbers);
        browser.choose(MEASURE, "difference (nats)");

        // as it would be had it been shown at first
        assertThat(browser.texts("tbody td")).isEqualTo(numbers);
        assertThat(browser.properties("tbody td", "className")).isEqualTo(colors);
        assertThat(browser.properties(".ramp i", "className")).isEqualTo(key);
        assertThat(browser.texts(".ends span")).isEqualTo(ends);
        assertThat(browser.texts(".key b")).containsExactly("difference (nats)");
        assertThat(browser.find(".key").getDomAttribute("aria-label"))
                .contains("difference (nats)");
    }

    @Test
    void textsAndMarksStayWhenTheMeasureChanges() throws IOException {
        open(PageFixtures.lens());
        String before = browser.computed(cell(1, 3), "backgroundColor");

        browser.choose(MEASURE, "rank");

        assertThat(browser.texts(cell(1, 3))).containsExactly("·r1c3");
        assertThat(browser.all("td.marked")).hasSize(4);
        assertThat(browser.computed(cell(1, 3), "backgroundColor")).isNotEqualTo(before);
        assertThat(browser.properties(".ramp i", "className")).startsWith("q32").endsWith("q0");
        assertThat(browser.texts(".ends span")).first().isEqualTo("1");
    }

    @Test
    void showsEveryNthRowAndTheLast() throws IOException {
        open(PageFixtures.numbers(12, 3, new Random(1)));

        browser.choose(ROWS, "every 4th row");

        assertThat(seenRows()).containsExactly("0", "4", "8", "11");
        browser.click(cell(4, 0));
        browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN);
        assertThat(where()).isEqualTo("from 11 · to 0");

        browser.choose(ROWS, "every row");
        assertThat(seenRows()).hasSize(12);
    }

    private static List<String> seenRows() {
        return browser.all(".heat tbody th").stream()
                .filter(label -> label.isDisplayed())
                .map(label -> label.getText())
                .toList();
    }

    @Test
    void showsARangeOfManyColumns() throws IOException {
        open(PageFixtures.numbers(3, 30, new Random(1)));
        browser.find("input[data-choice=from]").sendKeys(Keys.HOME, Keys.DELETE, "27", Keys.ENTER);

        assertThat(
                        browser.all("thead th").stream()
                                .filter(th -> th.isDisplayed())
                                .map(th -> th.getText()))
                .containsExactly("27", "28", "29");
        browser.click(cell(1, 28));
        browser.press(Keys.HOME);
        assertThat(where()).isEqualTo("from 1 · to 27");
        browser.press(Keys.END);
        assertThat(where()).isEqualTo("from 1 · to 29");
    }

    @Test
    void nothingToShowIsNoError() throws IOException {
        open(
                PageFixtures.numbers(0, 30, new Random(1)),
                PageFixtures.numbers(5, 0, new Random(1)),
                Table.of("", "a"));

        browser.find("input[data-choice=from]").sendKeys(Keys.DELETE, "2", Keys.ENTER);

        assertThat(browser.all(".heat")).hasSize(2);
    }
}
