package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.IntStream;

/** A heat map as a table in HTML, coloured by its first measure, with what the script needs. */
final class HtmlHeatmap {

    /** So many columns are filtered by where they stand, so they say it. */
    private static final int MANY_COLUMNS = 24;

    private final Heatmap heatmap;
    private final ImmutableList<Scale> scales;
    private final StringBuilder out = new StringBuilder();

    private HtmlHeatmap(Heatmap heatmap) {
        this.heatmap = heatmap;
        this.scales =
                IntStream.range(0, heatmap.measures().size())
                        .mapToObj(measure -> Scale.of(heatmap, measure))
                        .collect(ImmutableList.toImmutableList());
    }

    static String of(Heatmap heatmap) {
        return new HtmlHeatmap(heatmap).html();
    }

    /** What stands at the start, in the middle and at the end of a colour key. */
    static List<String> ends(Scale scale) {
        return IntStream.rangeClosed(0, 2)
                .mapToObj(half -> Numbers.show(HeatmapJson.rounded(scale.at(half / 2.0))))
                .toList();
    }

    private String html() {
        key();
        out.append(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n"
                        .formatted(HtmlText.plain(heatmap.title())));
        out.append(
                "<table class=\"heat\" style=\"--columns:%s\">\n<caption>%s</caption>\n"
                        .formatted(
                                Math.max(1, heatmap.columns().size()),
                                HtmlText.plain(heatmap.title())));
        head();
        out.append("<tbody>\n");
        for (int row = 0; row < heatmap.rows().size(); row++) {
            row(row);
        }
        out.append("</tbody>\n</table>\n</div>\n<script type=\"application/json\">");
        out.append(HeatmapJson.of(heatmap, scales)).append("</script>\n");
        return out.toString();
    }

    private void key() {
        Scale scale = scales.get(0);
        Measure measure = scale.measure();
        List<String> ends = ends(scale);
        out.append(
                "<div class=\"key\" role=\"img\" aria-label=\"%s\">"
                        .formatted(
                                HtmlText.plain(
                                        "colours: %s from %s to %s"
                                                .formatted(
                                                        measure.label(),
                                                        ends.get(0),
                                                        ends.get(2)))));
        out.append("<b>%s</b><span class=\"ramp\">".formatted(HtmlText.plain(measure.label())));
        for (int step = 0; step <= ColorSteps.LAST; step++) {
            int own = ColorSteps.at(measure, step / (double) ColorSteps.LAST);
            out.append("<i class=\"%s\"></i>".formatted(ColorSteps.style(measure, own)));
        }
        out.append("</span><span class=\"ends\">");
        ends.forEach(end -> out.append("<span>%s</span>".formatted(HtmlText.plain(end))));
        out.append("</span></div>\n");
    }

    private void head() {
        AxisLabels columns = heatmap.columns();
        boolean counted = columns.size() > MANY_COLUMNS && !HeatmapJson.isNumbered(columns);
        out.append(
                "<thead><tr%s><td class=\"corner\"><span>%s →</span><span>%s ↓</span></td>"
                        .formatted(
                                counted ? " class=\"counted\"" : "",
                                HtmlText.plain(columns.title()),
                                HtmlText.plain(heatmap.rows().title())));
        for (int column = 0; column < columns.size(); column++) {
            String count = counted ? "<small>%s</small>".formatted(column) : "";
            out.append(header("col", columns, column, count));
        }
        out.append("</tr></thead>\n");
    }

    private static String header(String scope, AxisLabels axis, int index, String before) {
        return "<th scope=\"%s\"%s>%s%s</th>"
                .formatted(
                        scope,
                        axis.marked().contains(index) ? " class=\"marked\"" : "",
                        before,
                        HtmlText.visible(axis.labels().get(index)));
    }

    private void row(int row) {
        out.append("<tr>").append(header("row", heatmap.rows(), row, ""));
        heatmap.cells().get(row).forEach(this::cell);
        out.append("</tr>\n");
    }

    /** Without a text, the number is the text, and the script has to know that. */
    private void cell(HeatCell cell) {
        double value = cell.value(0);
        out.append("<td class=\"")
                .append(
                        ColorSteps.style(
                                heatmap.measures().get(0), ColorSteps.of(scales.get(0), value)))
                .append(cell.marked() ? " marked\">" : "\">")
                .append(
                        cell.text().isEmpty()
                                ? Numbers.show(HeatmapJson.rounded(value))
                                : HtmlText.visible(cell.text()))
                .append("</td>");
    }
}
