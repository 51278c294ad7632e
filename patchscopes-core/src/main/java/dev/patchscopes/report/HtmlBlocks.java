package dev.patchscopes.report;

import com.google.common.base.Splitter;
import java.util.regex.Pattern;

/**
 * Blocks of a page as HTML.
 *
 * @param pageTitle title of the page: a block of the same title is its heading
 * @param level level of the page's heading, 1 to 5; that of a block is one more
 */
record HtmlBlocks(String pageTitle, int level) {

    private static final Splitter PARAGRAPHS =
            Splitter.on(Pattern.compile("\\R[ \\t]*\\R\\s*")).omitEmptyStrings();

    /** Whether the first block says what the page is about, so that it needs no heading more. */
    boolean isTitle(Page page) {
        return !page.blocks().isEmpty() && title(page.blocks().get(0)).equals(pageTitle);
    }

    private static String title(Block block) {
        if (block instanceof Figure figure) {
            return figure.title();
        }
        return block instanceof Table table ? table.title() : ((Prose) block).heading();
    }

    String html(Block block) {
        if (block instanceof Heatmap heatmap) {
            return figure(heatmap, "heatmap", HtmlHeatmap.of(heatmap));
        }
        if (block instanceof LineChart chart) {
            return figure(chart, "chart", SvgLineChart.inline(chart) + numbers(chart));
        }
        if (block instanceof BarChart chart) {
            return figure(chart, "chart", SvgBarChart.inline(chart) + numbers(chart));
        }
        return block instanceof Table table ? table(table) : prose((Prose) block);
    }

    private String figure(Figure figure, String style, String content) {
        return "<figure class=\"%s\">\n<figcaption>%s%s</figcaption>\n%s</figure>\n"
                .formatted(
                        style,
                        heading(figure.title()),
                        paragraphs(figure.caption()),
                        content);
    }

    private static String numbers(Figure figure) {
        return "\n<details><summary>Numbers</summary>\n%s</details>\n"
                .formatted(HtmlTable.of(figure.toTable()));
    }

    private String table(Table table) {
        return "<section class=\"table\">\n%s%s</section>\n"
                .formatted(heading(table.title()), HtmlTable.of(table));
    }

    private String prose(Prose prose) {
        return "<section class=\"prose\">%s%s</section>\n"
                .formatted(heading(prose.heading()), paragraphs(prose.text()));
    }

    private String heading(String text) {
        int own = text.equals(pageTitle) ? level : level + 1;
        return text.isBlank() ? "" : "<h%s>%s</h%s>\n".formatted(own, HtmlText.plain(text), own);
    }

    private static String paragraphs(String text) {
        StringBuilder out = new StringBuilder();
        for (String paragraph : PARAGRAPHS.split(text.strip())) {
            out.append("<p>").append(HtmlText.plain(paragraph)).append("</p>\n");
        }
        return out.toString();
    }
}
