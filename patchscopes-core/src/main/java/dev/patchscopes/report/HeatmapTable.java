package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A heat map's data as tables. */
final class HeatmapTable {

    private HeatmapTable() {}

    /** A row a cell: indices and labels of its row and column, its text, and its numbers. */
    static Table of(Heatmap heatmap) {
        String row = heatmap.rows().title().isEmpty() ? "row" : heatmap.rows().title();
        String column = heatmap.columns().title().isEmpty() ? "column" : heatmap.columns().title();
        if (row.equals(column)) {
            row = "row " + row;
            column = "column " + column;
        }
        ImmutableList<String> names =
                Stream.concat(
                                Stream.of(row + " index", row, column + " index", column, "text"),
                                heatmap.measures().stream().map(Measure::label))
                        .collect(ImmutableList.toImmutableList());
        List<List<Object>> rows = new ArrayList<>();
        for (int r = 0; r < heatmap.rows().size(); r++) {
            for (int c = 0; c < heatmap.columns().size(); c++) {
                rows.add(row(heatmap, r, c));
            }
        }
        return new Table(heatmap.title(), names, ImmutableList.of()).withRows(rows);
    }

    private static List<Object> row(Heatmap heatmap, int row, int column) {
        HeatCell cell = heatmap.at(row, column);
        List<Object> values = new ArrayList<>();
        values.add(row);
        values.add(heatmap.rows().labels().get(row));
        values.add(column);
        values.add(heatmap.columns().labels().get(column));
        values.add(cell.text());
        for (int m = 0; m < heatmap.measures().size(); m++) {
            values.add(cell.value(m));
        }
        return values;
    }

    /** The grid as it is seen: in each cell its text and the number of the first measure. */
    static String markdown(Heatmap heatmap) {
        AxisLabels rows = heatmap.rows();
        AxisLabels columns = heatmap.columns();
        MarkdownTable table = new MarkdownTable(heatmap.title());
        List<String> header = new ArrayList<>();
        header.add(
                MarkdownText.inline(
                        columns.title().isEmpty()
                                ? rows.title()
                                : rows.title() + " \\ " + columns.title()));
        IntStream.range(0, columns.size()).forEach(i -> header.add(label(columns, i)));
        List<Boolean> numeric = new ArrayList<>(Collections.nCopies(header.size(), false));
        table.header(header, numeric);
        for (int row = 0; row < rows.size(); row++) {
            List<String> line = new ArrayList<>();
            line.add(label(rows, row));
            heatmap.cells().get(row).forEach(cell -> line.add(cell(cell)));
            table.row(line);
        }
        String measure = "In the cells: " + heatmap.measures().get(0).label() + ".";
        return table.with(
                heatmap.caption().isEmpty() ? measure : measure + "\n\n" + heatmap.caption());
    }

    private static String label(AxisLabels axis, int index) {
        String label = axis.labels().get(index);
        return axis.marked().contains(index)
                ? MarkdownText.bold(label)
                : MarkdownText.inline(label);
    }

    private static String cell(HeatCell cell) {
        String number = Numbers.show(cell.value(0));
        String shown = cell.text().isEmpty() ? number : cell.text();
        String text = cell.marked() ? MarkdownText.bold(shown) : MarkdownText.inline(shown);
        return cell.text().isEmpty() || number.isEmpty() ? text : text + " " + number;
    }
}
