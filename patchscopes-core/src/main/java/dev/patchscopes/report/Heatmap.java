package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Numbers by row and column, as colours, with a text in each cell: a lens table, a grid of layers
 * by layers, a trace.
 *
 * <pre>{@code
 * Heatmap heatmap = Heatmap.of(
 *         "Share of right answers",
 *         AxisLabels.of("layer", List.of(0, 1, 2)),
 *         AxisLabels.of("prompt", List.of("direct", "patched")),
 *         List.of(Measure.probability()),
 *         (row, column) -> HeatCell.of("", shares[row][column]));
 * System.out.println(heatmap);
 * heatmap.writeHtml(Path.of("shares.html"));
 * }</pre>
 *
 * @param title what is shown, in a line
 * @param caption what to know when reading it; empty for nothing
 * @param rows rows, from the top
 * @param columns columns, from the left
 * @param measures kinds of number in each cell, the one that is shown at first foremost
 * @param cells by row, then by column
 */
public record Heatmap(
        String title,
        String caption,
        AxisLabels rows,
        AxisLabels columns,
        ImmutableList<Measure> measures,
        ImmutableList<ImmutableList<HeatCell>> cells)
        implements Figure {

    /**
     * Checks that there is a cell for each row and column, and a number for each measure.
     *
     * @param title what is shown
     * @param caption what to know when reading it
     * @param rows rows
     * @param columns columns
     * @param measures kinds of number in each cell
     * @param cells by row, then by column
     * @throws IllegalArgumentException if cells or numbers are missing or too many, or there is no
     *     measure
     */
    public Heatmap {
        checkArgument(!measures.isEmpty(), "\"%s\" has no measure: give at least one", title);
        checkArgument(
                cells.size() == rows.size(),
                "\"%s\" has %s rows of cells for %s labels",
                title,
                cells.size(),
                rows.size());
        for (int row = 0; row < cells.size(); row++) {
            checkArgument(
                    cells.get(row).size() == columns.size(),
                    "row %s (%s) of \"%s\" has %s cells for %s columns",
                    row,
                    rows.labels().get(row),
                    title,
                    cells.get(row).size(),
                    columns.size());
            for (HeatCell cell : cells.get(row)) {
                checkArgument(
                        cell.values().isEmpty() || cell.values().length() == measures.size(),
                        "a cell of row %s (%s) of \"%s\" has %s numbers for %s measures",
                        row,
                        rows.labels().get(row),
                        title,
                        cell.values().length(),
                        measures.size());
            }
        }
    }

    /** Makes the cells of a heat map. */
    @FunctionalInterface
    public interface CellAt {

        /**
         * Makes a cell.
         *
         * @param row index of the row
         * @param column index of the column
         * @return the cell; {@link HeatCell#empty()} where nothing was measured
         */
        HeatCell at(int row, int column);
    }

    /**
     * A heat map without a caption.
     *
     * @param title what is shown, in a line
     * @param rows rows, from the top
     * @param columns columns, from the left
     * @param measures kinds of number in each cell, the one that is shown at first foremost
     * @param cells makes each cell
     * @return the heat map
     * @throws IllegalArgumentException if there is no measure, or a cell has more or fewer numbers
     *     than measures
     */
    public static Heatmap of(
            String title,
            AxisLabels rows,
            AxisLabels columns,
            List<Measure> measures,
            CellAt cells) {
        return new Heatmap(
                title,
                "",
                rows,
                columns,
                ImmutableList.copyOf(measures),
                IntStream.range(0, rows.size())
                        .mapToObj(row -> row(row, columns.size(), cells))
                        .collect(ImmutableList.toImmutableList()));
    }

    private static ImmutableList<HeatCell> row(int row, int columns, CellAt cells) {
        return IntStream.range(0, columns)
                .mapToObj(column -> cells.at(row, column))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * Says what to know when reading it.
     *
     * @param caption plain text; empty for nothing
     * @return a copy
     */
    public Heatmap withCaption(String caption) {
        return new Heatmap(title, caption, rows, columns, measures, cells);
    }

    /**
     * Shows another measure at first: it comes foremost.
     *
     * @param name name of one of the measures
     * @return a copy
     * @throws IllegalArgumentException if there is no measure of that name; the message lists them
     */
    public Heatmap showing(String name) {
        return HeatmapChoice.showing(this, name);
    }

    /**
     * Shows every n-th row, and always the first and the last.
     *
     * @param every n, at least 1
     * @return a copy with fewer rows
     */
    public Heatmap thinned(int every) {
        return HeatmapChoice.thinned(this, every);
    }

    /**
     * Subtracts another heat map of the same rows and as many columns, such as what another lens
     * read of the same prompt, or the same lens of another prompt: this less other. A text or a
     * label that is not the same in both shows both, other's first; a measure on a logarithmic
     * scale becomes the logarithm, to base 10, of the ratio.
     *
     * @param other what is subtracted
     * @return the differences, on diverging scales around 0
     * @throws IllegalArgumentException if rows, number of columns or measures are not the same
     */
    public Heatmap minus(Heatmap other) {
        return HeatmapDifference.of(this, other);
    }

    /**
     * Returns a cell.
     *
     * @param row index of the row, from the top
     * @param column index of the column, from the left
     * @return the cell
     * @throws IndexOutOfBoundsException if there is none
     */
    public HeatCell at(int row, int column) {
        checkElementIndex(row, rows.size(), "row of \"" + title + "\"");
        checkElementIndex(column, columns.size(), "column of \"" + title + "\"");
        return cells.get(row).get(column);
    }

    @Override
    public Table toTable() {
        return HeatmapTable.of(this);
    }

    @Override
    public String toSvg(Theme theme) {
        return SvgHeatmap.of(this, theme);
    }

    @Override
    public String toText(Terminal terminal) {
        return TextHeatmap.of(this, terminal);
    }

    @Override
    public String toMarkdown() {
        return HeatmapTable.markdown(this);
    }

    /** {@return it for a terminal without colours, 100 columns wide} */
    @Override
    public String toString() {
        return toText(Terminal.plain(100));
    }
}
