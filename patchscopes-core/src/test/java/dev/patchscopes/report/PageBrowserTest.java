package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** What a reader of a page can do, in a browser. */
@Tag("browser")
class PageBrowserTest {

    private static final String MEASURE = "select[data-choice=measure]";
    private static final String ROWS = "select[data-choice=rows]";
    private static final String DETAILS = ".details";

    @TempDir static Path directory;
    private static Browser browser;

    @BeforeAll
    static void start() {
        browser = Browser.start(directory);
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void restPointer() {
        browser.resize(1200, 900);
        browser.pointAway();
    }

    @AfterEach
    void nothingWentWrong() {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests()).isEmpty();
    }

    private static void open(Block... blocks) throws IOException {
        browser.open(Page.of("A page", blocks).toHtml());
    }

    private static String cell(int row, int column) {
        return "tbody tr:nth-child(%s) td:nth-child(%s)".formatted(row + 1, column + 2);
    }

    @Test
    void pointingAtACellShowsWhatItHolds() throws IOException {
        open(PageFixtures.lens());

        browser.pointAt(cell(1, 2));

        assertThat(browser.isSeen(DETAILS)).isTrue();
        assertThat(browser.texts(".details .where")).containsExactly("layer 1 · token ital (2)");
        assertThat(browser.texts(".details p.token")).containsExactly("·r1c2");
        assertThat(browser.texts(".details .measured tr")).containsExactly("probability0.750", "rank103");
        assertThat(browser.texts(".details .note")).containsExactly("a note of 2");
        assertThat(browser.texts(".details .ranking tr")).containsExactly("·Paris0.750", "a\\tb1.0e-04");
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

        assertThat(browser.texts(".details p")).containsExactly("layer 0 · token ·of (3)", "nothing measured");
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
            assertThat((Boolean) browser.run("return document.documentElement.scrollWidth <= innerWidth"))
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
        assertThat((Boolean)
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
        for (int i = 0; i < 30; i++) {
            browser.press(Keys.ARROW_LEFT);
        }

        assertThat(where()).isEqualTo("from 10 · to 10");
        assertThat((Boolean)
                        browser.run(
                                """
                                const cell = document.activeElement.getBoundingClientRect();
                                const seen = document.elementFromPoint((cell.left + cell.right) / 2, (cell.top + cell.bottom) / 2);
                                return seen === document.activeElement;
                                """))
                .isTrue();
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
        assertThat(browser.find(".key").getDomAttribute("aria-label")).contains("difference (nats)");
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

    private static final String CELL_1_1 =
            "layer\t1\ntoken\t cap\ntext\t r1c1\nprobability\t0.5\nrank\t102\nnote\ta note of 1\n"
                    + "1\t Paris\t0.75\n2\t\"a\tb\"\t0.0001\n";

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
        browser.run("window.held = null; navigator.clipboard.readText().then(text => (window.held = text))");
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
            assertThat((Boolean) browser.run("return document.activeElement.matches(arguments[0])", cell(1, 1)))
                    .as("the focus stays")
                    .isTrue();
            assertThat(browser.all("textarea")).isEmpty();
        }
    }

    @Test
    void buttonsCopyTheWholeTable() throws IOException {
        open(PageFixtures.lens());
        List<String> buttons = browser.texts(".controls button");
        assertThat(buttons).containsExactly("copy texts", "copy numbers");

        browser.click(".controls button:nth-of-type(2)");
        assertThat(browser.copied())
                .isEqualTo(
                        "layer\tThe\t cap\tital\t of\n0\t0.1\t0.2\t0.3\t\n1\t0.25\t0.5\t0.75\t0.9\n"
                                + "2\t0.125\t0.0001234\t1\t0\n");

        open(PageFixtures.lens());
        browser.click(".controls button:nth-of-type(1)");
        assertThat(browser.copied()).startsWith("layer\tThe\t cap\tital\t of\n0\t r0c0\t r0c1\t r0c2\t\n");

        open(Table.of("Numbers", "token", "p").withRow("a", 0.123456789));
        browser.click(".controls button");
        assertThat(browser.copied()).isEqualTo("token\tp\na\t0.123456789\n");
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

        assertThat(browser.all("thead th").stream().filter(th -> th.isDisplayed()).map(th -> th.getText()))
                .containsExactly("27", "28", "29");
        browser.click(cell(1, 28));
        browser.press(Keys.HOME);
        assertThat(where()).isEqualTo("from 1 · to 27");
        browser.press(Keys.END);
        assertThat(where()).isEqualTo("from 1 · to 29");
    }

    @Test
    void followsTheBrowsersThemeUntilToldOtherwise() throws IOException {
        open(PageFixtures.lens());
        String light = Palette.of(Theme.LIGHT).ground().css();
        String dark = Palette.of(Theme.DARK).ground().css();
        assertThat(ground()).isEqualTo(light);

        browser.emulate("screen", "dark");
        assertThat(ground()).isEqualTo(dark);
        browser.click("button.theme");
        assertThat(ground()).as("light").isEqualTo(light);
        browser.click("button.theme");
        browser.emulate("screen", "light");
        assertThat(ground()).as("dark").isEqualTo(dark);
        browser.click("button.theme");
        assertThat(ground()).as("auto").isEqualTo(light);

        browser.emulate("screen", "dark");
        browser.run("document.documentElement.dataset.jpThemeLight = 'true'");
        assertThat(ground()).as("a light notebook").isEqualTo(light);
        browser.emulate("screen", "light");
        browser.run("document.documentElement.dataset.jpThemeLight = 'false'");
        assertThat(ground()).as("a dark notebook").isEqualTo(dark);
    }

    private static String ground() {
        return hex(browser.computed(".patchscopes", "backgroundColor"));
    }

    private static String hex(String color) {
        List<Integer> parts =
                java.util.Arrays.stream(color.replaceAll("[^0-9,]", "").split(","))
                        .map(Integer::valueOf)
                        .toList();
        return new Rgb(parts.get(0), parts.get(1), parts.get(2)).css();
    }

    @Test
    void cellsHaveThePalettesColours() throws IOException {
        for (Theme theme : Theme.values()) {
            open(PageFixtures.lens());
            browser.emulate("screen", theme == Theme.DARK ? "dark" : "light");
            for (int column = 0; column < 4; column++) {
                double probability = PageFixtures.lens().at(1, column).value(0);
                Rgb exact = Palette.of(theme).color(ColorScale.SEQUENTIAL, probability);
                Rgb shown = rgb(browser.computed(cell(1, column), "backgroundColor"));
                Rgb ink = rgb(browser.computed(cell(1, column), "color"));
                assertThat(Math.abs(exact.green() - shown.green()))
                        .as("%s for %s is near %s", shown, probability, exact)
                        .isLessThan(6);
                assertThat(ink.contrast(shown)).isGreaterThanOrEqualTo(4.5);
            }
        }
    }

    private static Rgb rgb(String color) {
        return Rgb.hex(Integer.parseInt(hex(color).substring(1), 16));
    }

    @Test
    void printsInLightWithoutControlsAndWithEveryColumn() throws IOException {
        open(PageFixtures.lens(), PageFixtures.numbers(5, 60, new Random(1)));
        browser.emulate("screen", "dark");
        browser.click("button.theme");
        browser.click("button.theme");
        assertThat(browser.find(".patchscopes").getDomAttribute("data-theme")).isEqualTo("dark");

        browser.emulate("print", "dark");
        assertThat(ground()).isEqualTo(Palette.of(Theme.LIGHT).ground().css());
        assertThat(browser.isSeen(".controls, .theme")).isFalse();
        assertThat(browser.computed(".scroll", "overflow")).isEqualTo("visible");
        assertThat(browser.computed("td", "printColorAdjust")).isEqualTo("exact");

        browser.run("dispatchEvent(new Event('beforeprint'))");
        assertThat(browser.texts(".bands thead th"))
                .as("of the wide table alone")
                .isEqualTo(IntStream.range(0, 60).mapToObj(Integer::toString).toList());
        assertThat(browser.all(".bands table")).hasSizeGreaterThan(1);
        assertThat(browser.all(".bands tbody tr")).hasSize(5 * browser.all(".bands table").size());
        browser.run("dispatchEvent(new Event('afterprint'))");
        assertThat(browser.all(".bands, .banded")).isEmpty();

        assertThat(new String(browser.pdf(), StandardCharsets.ISO_8859_1)).startsWith("%PDF");
    }

    @Test
    void hostileTokensAreTextAndNothingElse() throws IOException {
        browser.open(PageFixtures.hostile(PageFixtures.HOSTILE).toHtml());

        assertThat(browser.texts("tbody tr:first-child td"))
                .startsWith(PageFixtures.HOSTILE.stream().map(VisibleText::of).toArray(String[]::new));
        int last = PageFixtures.HOSTILE.size();
        for (int i = 0; i < last; i++) {
            browser.pointAt(cell(i, i));
            String visible = VisibleText.of(PageFixtures.HOSTILE.get(i));
            assertThat(browser.texts(".details p.token")).containsExactly(visible);
            assertThat(browser.texts(".details .ranking .token")).containsExactly(visible);
            assertThat(browser.texts(".details .where b")).containsExactly(visible, visible);
        }
        assertThat(browser.run("return window.hacked === undefined")).isEqualTo(true);
        assertThat(browser.all("img, [onerror], [onmouseover], .details script")).isEmpty();
        browser.press(Keys.ESCAPE);
        browser.click(MEASURE + " option[value='1']");
        assertThat(browser.run("return window.hacked === undefined")).isEqualTo(true);
    }

    @Test
    void fragmentsOfOneDocumentDoNotDisturbEachOtherNorTheDocument() throws IOException {
        String lens = Page.of("First", PageFixtures.lens()).toHtmlFragment();
        String numbers = Page.of("Second", PageFixtures.numbers(12, 4, new Random(1))).toHtmlFragment();
        String around = "<html><body><h1>Mine</h1><table><tr><td>x</td></tr></table><button>b</button>%s</body></html>";
        browser.open(around.formatted(""));
        List<String> before = looks();

        browser.open(around.formatted("<div id='a'>%s</div><div id='b'>%s</div>".formatted(lens, numbers)));

        assertThat(looks()).isEqualTo(before);
        assertThat(browser.all("button.theme")).hasSize(2);
        assertThat(browser.all(".details")).hasSize(2);
        browser.choose("#a " + MEASURE, "rank");
        assertThat(browser.texts(".key b")).containsExactly("rank", "probability");
        browser.choose("#b " + ROWS, "every 5th row");
        assertThat(browser.all("#a tbody tr")).allMatch(row -> row.isDisplayed());
        assertThat(browser.all("#b tbody tr").stream().filter(row -> row.isDisplayed())).hasSize(4);
        browser.click("#b button.theme");
        assertThat(browser.properties(".patchscopes", "dataset.theme")).hasSize(2);
        assertThat(browser.all(".patchscopes[data-theme]")).hasSize(1);
        browser.pointAt("#b " + cell(5, 1));
        assertThat(browser.isSeen("#b .details")).isTrue();
        assertThat(browser.isSeen("#a .details")).isFalse();
        assertThat((List<?>) browser.run("return Object.keys(window).filter(name => /^(ps|patch|heat)/i.test(name))"))
                .as("no globals")
                .isEmpty();
    }

    /** How what is the document's own looks. */
    private static List<String> looks() {
        return List.of("body", "h1", "td", "button").stream()
                .map(element -> (String) browser.run(
                        """
                        const own = getComputedStyle(document.querySelector(arguments[0]));
                        return [...own].filter(name => !/height|block-size|perspective|origin|^width|inline-size/.test(name))
                            .map(name => name + ':' + own[name]).join(';')
                        """, element))
                .toList();
    }

    @Test
    void nothingToShowIsNoError() throws IOException {
        open(PageFixtures.numbers(0, 30, new Random(1)), PageFixtures.numbers(5, 0, new Random(1)), Table.of("", "a"));

        browser.find("input[data-choice=from]").sendKeys(Keys.DELETE, "2", Keys.ENTER);

        assertThat(browser.all(".heat")).hasSize(2);
    }

    @Test
    void aFragmentIsMountedOnceHoweverOftenItsScriptRuns() throws IOException {
        browser.open("<!DOCTYPE html><body>" + Page.of("First", PageFixtures.lens()).toHtmlFragment());

        browser.run(
                """
                const again = document.createElement('script');
                again.textContent = document.querySelector('.patchscopes script:not([type])').textContent;
                document.body.append(again);
                """);

        assertThat(browser.all("button.theme")).hasSize(1);
        assertThat(browser.all(".details")).hasSize(1);
        assertThat(browser.all(".controls")).hasSize(1);
    }
}
