package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.StringReader;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlPageTest {

    private static final Page PAGE =
            Page.of(
                    "All kinds",
                    PageFixtures.lens(),
                    PageFixtures.numbers(3, 30, new Random(1)),
                    LineChart.of("Line", "x", "y", List.of(Series.of("a", List.of(1., 2.)))),
                    BarChart.of(
                            "Bars",
                            "y",
                            List.of("a"),
                            List.of(BarSeries.of("b", List.of(Measured.of(1))))),
                    Table.of("Table", "name", "number").withRow(" a", 0.123456789).withRow("b", 2),
                    new Prose("Words", "One.\n\nTwo <b>."));

    @Test
    void aDocumentSaysWhatItIs() {
        Document document = parsed(PAGE.toHtml());

        assertThat(PAGE.toHtml()).startsWith("<!DOCTYPE html>\n<html lang=\"en\"");
        assertThat(texts(elements(document, "head").get(0), "title")).containsExactly("All kinds");
        assertThat(texts(document, "h1")).containsExactly("All kinds");
        assertThat(texts(document, "h2"))
                .containsExactly("A lens", "Numbers", "Line", "Bars", "Table", "Words");
        assertThat(texts(document, "p")).containsExactly("What to know.", "One.", "Two <b>.");
        assertThat(elements(document, "meta").get(0).getAttribute("charset")).isEqualTo("utf-8");
    }

    /** Of ranks the first is the strongest. */
    @Test
    void theKeyBeginsWithTheStrongestColourWhereLessIsMore() {
        Heatmap ranks =
                Heatmap.of(
                        "Ranks",
                        AxisLabels.of("layer", List.of(0, 1)),
                        AxisLabels.of("token", List.of("a")),
                        List.of(Measure.rank()),
                        (row, column) -> HeatCell.of("x", 1 + 99 * row));
        Document document = parsed(ranks.page().toHtml());
        List<String> key =
                elements(document, "i").stream().map(i -> i.getAttribute("class")).toList();
        assertThat(key).startsWith("q32", "q31").endsWith("q1", "q0");
        assertThat(elements(document, "td").stream().map(td -> td.getAttribute("class").strip()))
                .containsExactly("corner", "q32", "q0");
    }

    @Test
    void whatIsCopiedOfATableIsNoMarkup() {
        String exact = "\"><script>alert(1)</script>&amp;'";
        Table table = Table.of("", "a").withRow(new TableCell("shown", exact, false));
        Element cell = elements(parsed(table.page().toHtml()), "td").get(0);
        assertThat(cell.getAttribute("data-exact")).isEqualTo(exact);
        assertThat(cell.getTextContent()).isEqualTo("shown");
    }

    @Test
    void theTitleOfAFigureAloneIsTheHeading() {
        Document document = parsed(PageFixtures.lens().page().toHtml());

        assertThat(texts(document, "h1")).containsExactly("A lens");
        assertThat(elements(document, "h2")).isEmpty();
    }

    @Test
    void nothingIsLoadedFromElsewhere() {
        for (String html : List.of(PAGE.toHtml(), PAGE.toHtmlFragment())) {
            Document document = parsed(html);
            for (Element element : elements(document, "*")) {
                assertThat(element.getTagName())
                        .isNotIn("link", "img", "iframe", "object", "embed", "base", "form");
                for (Attr attribute : attributes(element)) {
                    assertThat(attribute.getName()).isNotIn("src", "href", "xlink:href", "action");
                    assertThat(attribute.getName()).doesNotStartWith("on");
                    assertThat(attribute.getValue()).doesNotContain("url(http");
                }
            }
            String code = PageCode.style() + PageCode.script();
            assertThat(code)
                    .doesNotContain("url(", "@import", "http:", "https:", "fetch(", "eval(");
        }
    }

    @Test
    void thePolicyOfADocumentAllowsItsOwnScriptAlone() throws Exception {
        Document document = parsed(PAGE.toHtml());
        List<Element> scripts =
                elements(document, "script").stream().filter(s -> !s.hasAttribute("type")).toList();
        assertThat(scripts).hasSize(1);
        String html = PAGE.toHtml();
        int start = html.lastIndexOf("<script>") + "<script>".length();
        byte[] hash =
                MessageDigest.getInstance("SHA-256")
                        .digest(
                                html.substring(start, html.indexOf("</script>", start))
                                        .getBytes(StandardCharsets.UTF_8));

        assertThat(elements(document, "meta").get(1).getAttribute("content"))
                .startsWith("default-src 'none'; ")
                .contains("script-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "';");
    }

    @Test
    void everyRuleOfTheStyleIsBelowTheFragment() {
        String rules =
                PageCode.style()
                        .replaceAll("(?s)/\\*.*?\\*/", "")
                        .replaceAll("@media[^{]*\\{", "")
                        .replaceAll("\\{[^}]*}", "\n")
                        .replace("}", "\n");
        List<String> selectors =
                Splitter.onPattern("[,\n]").trimResults().omitEmptyStrings().splitToList(rules);

        assertThat(selectors).hasSizeGreaterThan(150);
        assertThat(selectors)
                .allMatch(
                        selector ->
                                selector.matches(
                                        "((\\[data-jp-theme-light=\"\\w+\"]|\\.vscode-\\w+) )?\\.patchscopes\\b.*"));
        assertThat(PAGE.toHtmlFragment())
                .startsWith("<div class=\"patchscopes\">")
                .endsWith("</div>\n");
    }

    @Test
    void styleAndScriptAreSmall() {
        int bytes = (PageCode.style() + PageCode.script()).getBytes(StandardCharsets.UTF_8).length;

        assertThat(bytes).isLessThan(40_000);
    }

    @Test
    void aHeatMapIsATableWithLabelsAndAKey() {
        Document document = parsed(PageFixtures.lens().page().toHtml());
        Element table = elements(document, "table").get(0);

        assertThat(texts(table, "caption")).containsExactly("A lens");
        assertThat(texts(table, "th")).containsExactly("The", "·cap", "ital", "·of", "0", "1", "2");
        assertThat(elements(table, "th").stream().map(th -> th.getAttribute("scope")))
                .containsExactly("col", "col", "col", "col", "row", "row", "row");
        assertThat(elements(table, "th").stream().map(th -> th.getAttribute("class")))
                .containsExactly("", "marked", "", "", "", "", "");
        assertThat(styles(document, "td").filter(style -> !style.equals("corner")))
                .containsExactly(
                        "q3",
                        "q6",
                        "q10",
                        "no", //
                        "q8",
                        "q16",
                        "q24",
                        "q29", //
                        "q4 marked",
                        "q0 marked",
                        "q32 marked",
                        "q0 marked");
        assertThat(styles(document, "i")).hasSize(33).startsWith("q0", "q1").endsWith("q32");
        assertThat(document.getDocumentElement().getTextContent()).contains("probability00.5001");
    }

    @Test
    void cellsWithoutATextShowTheirNumber() {
        Heatmap heatmap =
                Heatmap.of(
                        "",
                        AxisLabels.of("row", List.of(0)),
                        AxisLabels.of("column", List.of(0, 1, 2, 3)),
                        List.of(Measure.rank().from(1)),
                        (row, column) ->
                                HeatCell.of(
                                        column == 3 ? "text" : "",
                                        new double[] {1, 12.3456, Double.NaN, 7}[column]));

        assertThat(texts(parsed(heatmap.page().toHtml()), "td").subList(1, 5))
                .containsExactly("1", "12.35", "", "text");
    }

    @Test
    void manyTokensSayWhereTheyStandAndManyNumbersDoNot() {
        List<String> tokens = IntStream.range(0, 30).mapToObj(i -> "t" + i).toList();
        Heatmap lens =
                Heatmap.of(
                        "",
                        AxisLabels.of("layer", List.of(0)),
                        AxisLabels.of("token", tokens),
                        List.of(Measure.probability()),
                        (row, column) -> HeatCell.empty());

        assertThat(texts(parsed(lens.page().toHtml()), "small")).hasSize(30).endsWith("29");
        assertThat(texts(parsed(PAGE.toHtml()), "small")).isEmpty();
    }

    @Test
    void tablesHoldExactNumbersToCopy() {
        Element table = elements(parsed(PAGE.toHtml()), "table").get(4);

        assertThat(texts(table, "td")).containsExactly("·a", "0.123", "b", "2");
        assertThat(elements(table, "td").get(0).getAttribute("data-exact")).isEqualTo(" a");
        assertThat(elements(table, "td").get(2).hasAttribute("data-exact")).isFalse();
        assertThat(elements(table, "td").get(1).getAttribute("data-exact"))
                .isEqualTo("0.123456789");
        assertThat(elements(table, "td").get(1).getAttribute("class")).isEqualTo("n");
    }

    @Test
    void numbersAreRoundedButWholeOnesAreWhole() {
        assertThat(HeatmapJson.rounded(0.123456789)).isEqualTo(0.123457);
        assertThat(HeatmapJson.rounded(123456789)).isEqualTo(123456789);
        assertThat(HeatmapJson.rounded(-1.23456789e-20)).isEqualTo(-1.23457e-20);
        assertThat(HeatmapJson.rounded(Double.NEGATIVE_INFINITY))
                .isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(HeatmapJson.rounded(Double.NaN)).isNaN();
    }

    @Test
    void anyTextStandsInAPageAsItIs() throws CharacterCodingException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("hostile pages: seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            List<String> texts = Stream.generate(() -> hostile(random)).limit(3).toList();
            Page page = PageFixtures.hostile(texts);
            for (String html : List.of(page.toHtml(), page.toHtmlFragment())) {
                StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(html));
                Document document = parsed(html);
                List<String> visible = texts.stream().map(VisibleText::of).toList();
                Element heat = elements(document, "table").get(0);
                assertThat(texts(heat, "th")).startsWith(visible.toArray(String[]::new));
                List<String> cells = texts(heat, "td");
                for (int cell = 0; cell < 9; cell++) {
                    String text = texts.get(cell % 3);
                    assertThat(cells.get(cell + 1))
                            .isEqualTo(text.isEmpty() ? "" + cell / 3 : VisibleText.of(text));
                }
                assertThat(rawTexts(document)).contains("").containsAll(texts);
                assertThat(elements(document, "script")).hasSize(2);
                assertThat(elements(document, "b").stream().map(Element::getParentNode))
                        .allMatch(parent -> ((Element) parent).getAttribute("class").equals("key"));
            }
        }
    }

    /** Pieces that mean something to HTML, CSS, scripts, JSON or XML, between any characters. */
    private static String hostile(Random random) {
        StringBuilder text = new StringBuilder();
        for (int pieces = random.nextInt(6); pieces > 0; pieces--) {
            if (random.nextBoolean()) {
                text.append(PageFixtures.HOSTILE.get(random.nextInt(PageFixtures.HOSTILE.size())));
            } else {
                int limit = random.nextBoolean() ? 0x100 : 0x10000;
                text.append((char) random.nextInt(limit));
            }
        }
        return text.toString();
    }

    /** Texts as the script knows them. */
    private static List<String> rawTexts(Document document) {
        String json =
                elements(document, "script").stream()
                        .filter(script -> script.getAttribute("type").equals("application/json"))
                        .findFirst()
                        .orElseThrow()
                        .getTextContent();
        JsonObject data = JsonParser.parseString(json).getAsJsonObject();
        List<String> texts = new ArrayList<>();
        for (JsonElement text : data.getAsJsonArray("texts")) {
            texts.add(
                    text instanceof JsonArray pair
                            ? pair.get(0).getAsString()
                            : text.getAsString());
        }
        return texts;
    }

    private static Document parsed(String html) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(html)));
        } catch (Exception e) {
            throw new AssertionError("not well-formed: " + html, e);
        }
    }

    private static List<Element> elements(Document document, String tag) {
        return list(document.getElementsByTagName(tag));
    }

    private static List<Element> elements(Element element, String tag) {
        return list(element.getElementsByTagName(tag));
    }

    private static List<Element> list(NodeList nodes) {
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static List<String> texts(Document document, String tag) {
        return texts(document.getDocumentElement(), tag);
    }

    private static List<String> texts(Element element, String tag) {
        return elements(element, tag).stream().map(Element::getTextContent).toList();
    }

    private static Stream<String> styles(Document document, String tag) {
        return elements(document, tag).stream().map(element -> element.getAttribute("class"));
    }

    private static List<Attr> attributes(Element element) {
        return IntStream.range(0, element.getAttributes().getLength())
                .mapToObj(i -> (Attr) element.getAttributes().item(i))
                .toList();
    }
}
