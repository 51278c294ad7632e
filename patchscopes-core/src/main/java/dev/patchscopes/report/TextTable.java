package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table for a terminal: numbers to the right, the header underlined. Texts are cut until all
 * columns fit; columns that do not fit even then follow beneath, each time with the first.
 */
final class TextTable {

    private static final int GAP = 2;

    /** Texts are cut to no less than this. */
    private static final int NARROWEST_TEXT = 8;

    private final Table table;
    private final Terminal terminal;
    private final Ansi ansi;

    /** By row, then by column; the header first. */
    private final List<List<String>> texts = new ArrayList<>();

    private final List<Boolean> numeric;
    private final int[] widths;

    private TextTable(Table table, Terminal terminal) {
        this.table = table;
        this.terminal = terminal;
        this.ansi = new Ansi(terminal.colors());
        texts.add(table.columns().stream().map(TerminalText::of).toList());
        for (ImmutableList<TableCell> row : table.rows()) {
            texts.add(row.stream().map(cell -> TerminalText.of(cell.shown())).toList());
        }
        int columns = table.columns().size();
        this.numeric =
                IntStream.range(0, columns)
                        .mapToObj(column -> TableText.isNumeric(table, column))
                        .toList();
        this.widths = IntStream.range(0, columns).map(column -> widest(column, 0)).toArray();
        shrink();
    }

    static String of(Table table, Terminal terminal) {
        return new TextTable(table, terminal).lines();
    }

    private int widest(int column, int fromRow) {
        return texts.stream()
                .skip(fromRow)
                .mapToInt(row -> DisplayWidth.of(row.get(column)))
                .max()
                .orElse(0);
    }

    /** Takes from the widest column that has something to give until all fit. */
    private void shrink() {
        int[] least =
                IntStream.range(0, widths.length)
                        .map(column -> Math.min(terminal.columns(), least(column)))
                        .toArray();
        int tooWide = Arrays.stream(widths).sum() + GAP * (widths.length - 1) - terminal.columns();
        for (; tooWide > 0; tooWide--) {
            int widest =
                    IntStream.range(0, widths.length)
                            .filter(column -> widths[column] > least[column])
                            .boxed()
                            .max(Comparator.comparingInt(column -> widths[column]))
                            .orElse(-1);
            if (widest < 0) {
                return;
            }
            widths[widest]--;
        }
    }

    /**
     * A number is never cut, only what stands above it; in the first column, which says what rows
     * are, that is as a text is.
     */
    private int least(int column) {
        int number = numeric.get(column) ? Math.max(1, widest(column, 1)) : 0;
        int text = Math.min(widths[column], NARROWEST_TEXT);
        return numeric.get(column) && column > 0 ? number : Math.max(number, text);
    }

    private String lines() {
        TextLines lines = new TextLines(terminal).title(table.title());
        List<Integer> shown = new ArrayList<>();
        int width = 0;
        for (int column = 0; column < widths.length; column++) {
            int more = widths[column] + (shown.isEmpty() ? 0 : GAP);
            if (!shown.isEmpty() && width + more > terminal.columns()) {
                panel(shown, lines);
                lines.add("");
                shown.clear();
                width = 0;
                if (widths[0] + GAP + widths[column] <= terminal.columns()) {
                    shown.add(0);
                    width = widths[0] + GAP;
                }
                more = widths[column];
            }
            shown.add(column);
            width += more;
        }
        if (!shown.isEmpty()) {
            panel(shown, lines);
        }
        return lines.toString();
    }

    private void panel(List<Integer> columns, TextLines lines) {
        lines.add(ansi.bold(line(texts.get(0), columns)));
        lines.add(line(Arrays.stream(widths).mapToObj("─"::repeat).toList(), columns));
        texts.stream().skip(1).forEach(row -> lines.add(line(row, columns)));
    }

    private String line(List<String> row, List<Integer> columns) {
        return columns.stream()
                .map(column -> cell(row.get(column), column))
                .collect(Collectors.joining(" ".repeat(GAP)))
                .stripTrailing();
    }

    private String cell(String text, int column) {
        return numeric.get(column)
                ? DisplayWidth.right(text, widths[column])
                : DisplayWidth.left(text, widths[column]);
    }
}
