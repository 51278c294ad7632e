package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A heat map for a terminal: a grid of cells on the colours of the first measure. Columns that do
 * not fit beside each other follow beneath, in panels. Without colours a sign at the end of each
 * cell's text tells how strong it is.
 */
final class TextHeatmap {

    private static final int WIDEST_CELL = 9;

    /** Cells are made narrower than their texts, down to this, if all columns fit then. */
    private static final int NARROWEST_CELL = 6;

    private static final int RAMP = 16;
    private static final String MARK = "*";

    private final Heatmap heatmap;
    private final Terminal terminal;
    private final Ansi ansi;
    private final Palette palette = Palette.of(Theme.LIGHT);
    private final Scale scale;
    private final boolean hasNumbers;
    private final boolean hasTexts;
    private final boolean hasSigns;
    private final List<String> rowLabels;
    private final List<String> columnLabels;
    private final int gutter;
    private final int cellWidth;
    private final int columnsOfPanel;

    private TextHeatmap(Heatmap heatmap, Terminal terminal) {
        this.heatmap = heatmap;
        this.terminal = terminal;
        this.ansi = new Ansi(terminal.colors());
        this.scale = Scale.of(heatmap, 0);
        this.hasNumbers = cells().anyMatch(TextHeatmap::hasNumber);
        this.hasTexts = cells().anyMatch(cell -> !cell.text().isEmpty());
        this.hasSigns =
                terminal.colors() == Terminal.Colors.NONE
                        && cells().anyMatch(cell -> !cell.text().isEmpty() && hasNumber(cell));
        this.rowLabels = labels(heatmap.rows());
        this.columnLabels = labels(heatmap.columns());
        this.gutter =
                Math.min(
                        widest(Stream.concat(rowLabels.stream(), Stream.of(title(rows())))),
                        terminal.columns() / 4);
        int widest =
                Math.min(
                        WIDEST_CELL,
                        widest(Stream.concat(columnLabels.stream(), cells().map(this::text))));
        int narrowest = Math.min(widest, NARROWEST_CELL);
        int columns = heatmap.columns().size();
        this.cellWidth =
                IntStream.iterate(widest, width -> width >= narrowest, width -> width - 1)
                        .filter(width -> columnsThatFit(width) >= columns)
                        .findFirst()
                        .orElse(widest);
        this.columnsOfPanel = columnsThatFit(cellWidth);
    }

    static String of(Heatmap heatmap, Terminal terminal) {
        return new TextHeatmap(heatmap, terminal).lines().toString();
    }

    private AxisLabels rows() {
        return heatmap.rows();
    }

    private Stream<HeatCell> cells() {
        return heatmap.cells().stream().flatMap(ImmutableList::stream);
    }

    private static boolean hasNumber(HeatCell cell) {
        return !Double.isNaN(cell.value(0));
    }

    private static List<String> labels(AxisLabels axis) {
        return IntStream.range(0, axis.size())
                .mapToObj(
                        i ->
                                (axis.marked().contains(i) ? MARK : "")
                                        + TerminalText.of(axis.labels().get(i)))
                .toList();
    }

    private static String title(AxisLabels axis) {
        return TerminalText.of(axis.title());
    }

    private static int widest(Stream<String> texts) {
        return texts.mapToInt(DisplayWidth::of).max().orElse(0);
    }

    /** A cell has a bracket or a space at both sides. */
    private int boxWidth(int cellWidth) {
        return cellWidth + 2 + (hasSigns ? 1 : 0);
    }

    private int columnsThatFit(int cellWidth) {
        return Math.max(1, (terminal.columns() - gutter - 1) / boxWidth(cellWidth));
    }

    private TextLines lines() {
        TextLines lines = new TextLines(terminal).title(heatmap.title());
        int columns = heatmap.columns().size();
        for (int from = 0; from < columns; from += columnsOfPanel) {
            if (from > 0) {
                lines.add("");
            }
            panel(from, Math.min(columns, from + columnsOfPanel), lines);
        }
        key(lines);
        return lines.words(heatmap.caption());
    }

    private void panel(int from, int to, TextLines lines) {
        String heading = heading(from, to);
        if (!heading.isEmpty()) {
            lines.add(
                    " ".repeat(gutter + 2)
                            + DisplayWidth.cut(heading, terminal.columns() - gutter - 2));
        }
        StringBuilder header =
                new StringBuilder(DisplayWidth.right(title(rows()), gutter)).append(' ');
        for (int column = from; column < to; column++) {
            String label = columnLabels.get(column);
            String box = hasTexts ? " " + left(label) + " " : " " + right(label) + " ";
            header.append(isMarked(heatmap.columns(), column) ? ansi.bold(box) : box);
        }
        lines.add(header.toString());
        for (int row = 0; row < rows().size(); row++) {
            String label = DisplayWidth.right(rowLabels.get(row), gutter);
            StringBuilder line =
                    new StringBuilder(isMarked(rows(), row) ? ansi.bold(label) : label).append(' ');
            for (int column = from; column < to; column++) {
                line.append(box(heatmap.at(row, column)));
            }
            lines.add(line.toString());
        }
    }

    private static boolean isMarked(AxisLabels axis, int index) {
        return axis.marked().contains(index);
    }

    /** What the columns are, and which of them if there are more. */
    private String heading(int from, int to) {
        String title = title(heatmap.columns());
        int columns = heatmap.columns().size();
        if (to - from == columns) {
            return title;
        }
        String which =
                to - from == 1
                        ? "column %s of %s".formatted(from, columns)
                        : "columns %s to %s of %s".formatted(from, to - 1, columns);
        // which of them is said whole where the line is short
        int left = terminal.columns() - gutter - 2 - which.length() - 2;
        return title.isEmpty() || left < 1 ? which : DisplayWidth.cut(title, left) + ": " + which;
    }

    private String box(HeatCell cell) {
        String text =
                cell.text().isEmpty()
                        ? right(text(cell))
                        : DisplayWidth.left(text(cell), cellWidth) + sign(cell);
        String box = cell.marked() ? "[" + text + "]" : " " + text + " ";
        return hasNumber(cell) ? ansi.on(scale.color(cell.value(0), palette), box) : box;
    }

    private String text(HeatCell cell) {
        return cell.text().isEmpty() ? Numbers.show(cell.value(0)) : TerminalText.of(cell.text());
    }

    private String left(String text) {
        return DisplayWidth.left(text, cellWidth + (hasSigns ? 1 : 0));
    }

    private String right(String text) {
        return DisplayWidth.right(text, cellWidth + (hasSigns ? 1 : 0));
    }

    private String sign(HeatCell cell) {
        if (!hasSigns) {
            return "";
        }
        return hasNumber(cell)
                ? StrengthSigns.of(scale.measure().colors(), scale.share(cell.value(0)))
                : " ";
    }

    private void key(TextLines lines) {
        Measure measure = heatmap.measures().get(0);
        String label = measure.label();
        if (!hasNumbers) {
            lines.words(label + ": no numbers");
        } else if (terminal.colors() == Terminal.Colors.NONE) {
            lines.words("%s: %s to %s".formatted(label, end(0), end(1)));
        } else {
            ramp(label, lines);
        }
        List<String> more = new ArrayList<>();
        if (cells().anyMatch(HeatCell::marked)) {
            more.add("[ ] marked cell");
        }
        if (!rows().marked().isEmpty() || !heatmap.columns().marked().isEmpty()) {
            more.add("* marked " + markedAxes());
        }
        if (heatmap.measures().size() > 1) {
            more.add(
                    heatmap.measures().stream()
                            .skip(1)
                            .map(Measure::label)
                            .collect(Collectors.joining(", ", "also measured: ", "")));
        }
        lines.words(String.join("; ", more));
    }

    private String markedAxes() {
        return rows().marked().isEmpty()
                ? "column"
                : heatmap.columns().marked().isEmpty() ? "row" : "row or column";
    }

    private String end(double share) {
        String number = Numbers.show(scale.at(share));
        return hasSigns ? StrengthSigns.of(scale.measure().colors(), share) + " " + number : number;
    }

    private void ramp(String label, TextLines lines) {
        String low = Numbers.show(scale.low());
        String high = Numbers.show(scale.high());
        int ends = low.length() + high.length();
        int steps = Math.min(RAMP, terminal.columns() - ends);
        String colors =
                IntStream.range(0, steps)
                        .mapToObj(i -> palette.color(scale.measure().colors(), i / (steps - 1.0)))
                        .map(color -> ansi.on(color, " "))
                        .collect(Collectors.joining());
        String name = TerminalText.of(label) + ": ";
        if (DisplayWidth.of(name) + ends + RAMP + 2 <= terminal.columns()) {
            lines.add(name + low + " " + colors + " " + high);
        } else {
            lines.words(label + ":");
            lines.add(low + colors + high);
        }
    }
}
