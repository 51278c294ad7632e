package dev.patchscopes.report;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Csv;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A table in the forms that are text. */
final class TableText {

    /** What parts fields and records. */
    private static final CharMatcher PARTS = CharMatcher.anyOf("\",\r\n");

    /** Headings that begin so are quoted, as texts are, so that nobody takes them for numbers. */
    private static final CharMatcher STARTS = CharMatcher.anyOf("=+-@ \t");

    private TableText() {}

    static String csv(Table table) {
        Stream<String> header = Stream.of(record(table.columns(), TableText::name));
        Stream<String> records = table.rows().stream().map(row -> record(row, TableText::field));
        return Stream.concat(header, records).collect(Collectors.joining());
    }

    private static <T> String record(List<T> fields, Function<T, String> written) {
        return fields.stream().map(written).collect(Collectors.joining(",", "", "\n"));
    }

    private static String name(String column) {
        boolean quoted =
                PARTS.matchesAnyOf(column)
                        || column.isEmpty()
                        || STARTS.matches(column.charAt(0))
                        || column.endsWith(" ");
        return quoted ? Csv.quoted(column) : column;
    }

    /** Numbers bare and texts quoted, so that both stay what they are. */
    private static String field(TableCell cell) {
        return cell.numeric() && PARTS.matchesNoneOf(cell.exact())
                ? cell.exact()
                : Csv.quoted(cell.exact());
    }

    static String markdown(Table table) {
        MarkdownTable markdown = new MarkdownTable(table.title());
        markdown.header(
                table.columns().stream().map(MarkdownText::inline).toList(),
                IntStream.range(0, table.columns().size())
                        .mapToObj(column -> isNumeric(table, column))
                        .toList());
        for (ImmutableList<TableCell> row : table.rows()) {
            markdown.row(row.stream().map(cell -> MarkdownText.inline(cell.shown())).toList());
        }
        return markdown.with("");
    }

    /** Whether all cells of a column are numbers. */
    static boolean isNumeric(Table table, int column) {
        return !table.rows().isEmpty()
                && table.rows().stream().allMatch(row -> row.get(column).numeric());
    }

    static String text(Table table, Terminal terminal) {
        return TextTable.of(table, terminal);
    }
}
