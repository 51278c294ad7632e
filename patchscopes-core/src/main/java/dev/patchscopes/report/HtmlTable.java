package dev.patchscopes.report;

import java.util.stream.IntStream;

/** Tables of text and numbers as HTML. */
final class HtmlTable {

    private HtmlTable() {}

    static String of(Table table) {
        StringBuilder out = new StringBuilder();
        out.append("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
                .formatted(HtmlText.plain(table.title().isEmpty() ? "table" : table.title())));
        out.append("<table class=\"numbers\">\n");
        if (!table.title().isEmpty()) {
            out.append("<caption>%s</caption>\n".formatted(HtmlText.plain(table.title())));
        }
        out.append("<thead><tr>");
        for (int column = 0; column < table.columns().size(); column++) {
            out.append(
                    "<th scope=\"col\"%s>%s</th>"
                            .formatted(
                                    isNumeric(table, column) ? " class=\"n\"" : "",
                                    HtmlText.plain(table.columns().get(column))));
        }
        out.append("</tr></thead>\n<tbody>\n");
        table.rows()
                .forEach(
                        row -> {
                            out.append("<tr>");
                            row.forEach(cell -> out.append(cell(cell)));
                            out.append("</tr>\n");
                        });
        return out.append("</tbody></table></div>\n").toString();
    }

    private static boolean isNumeric(Table table, int column) {
        return !table.rows().isEmpty()
                && IntStream.range(0, table.rows().size())
                        .allMatch(row -> table.rows().get(row).get(column).numeric());
    }

    /** What programs read comes with it where it is more than what people read. */
    private static String cell(TableCell cell) {
        return "<td%s%s>%s</td>"
                .formatted(
                        cell.numeric() ? " class=\"n\"" : "",
                        cell.exact().equals(cell.shown())
                                ? ""
                                : " data-exact=\"%s\"".formatted(HtmlText.plain(cell.exact())),
                        HtmlText.visible(cell.shown()));
    }
}
