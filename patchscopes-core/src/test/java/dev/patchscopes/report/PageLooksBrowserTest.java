package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** What a page looks like, by itself and inside others, in a browser. */
class PageLooksBrowserTest extends BrowserPages {

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
                Arrays.stream(color.replaceAll("[^0-9,]", "").split(","))
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
        assertThat(browser.computed(".heat tbody th", "position")).isEqualTo("static");
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
                .startsWith(
                        PageFixtures.HOSTILE.stream().map(VisibleText::of).toArray(String[]::new));
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
        String numbers =
                Page.of("Second", PageFixtures.numbers(12, 4, new Random(1))).toHtmlFragment();
        String around =
                "<html><body><h1>Mine</h1><table><tr><td>x</td></tr></table><button>b</button>%s</body></html>";
        browser.open(around.formatted(""));
        List<String> before = looks();

        browser.open(
                around.formatted(
                        "<div id='a'>%s</div><div id='b'>%s</div>".formatted(lens, numbers)));

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
        assertThat(
                        (List<?>)
                                browser.run(
                                        "return Object.keys(window).filter(name => /^(ps|patch|heat)/i.test(name))"))
                .as("no globals")
                .isEmpty();
    }

    /** How what is the document's own looks. */
    private static List<String> looks() {
        return List.of("body", "h1", "td", "button").stream()
                .map(
                        element ->
                                (String)
                                        browser.run(
                                                """
                        const own = getComputedStyle(document.querySelector(arguments[0]));
                        return [...own].filter(name => !/height|block-size|perspective|origin|^width|inline-size/.test(name))
                            .map(name => name + ':' + own[name]).join(';')
                        """,
                                                element))
                .toList();
    }

    @Test
    void aFragmentIsMountedOnceHoweverOftenItsScriptRuns() throws IOException {
        browser.open(
                "<!DOCTYPE html><body>" + Page.of("First", PageFixtures.lens()).toHtmlFragment());

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
