package dev.patchscopes.report;

import java.util.Optional;

/**
 * How large the cells of a heat map are: they shrink as they get more, and where a text would be a
 * letter or two they have none.
 *
 * @param columns how many cells lie side by side
 * @param rows how many lie below each other
 * @param cellWidth width of a cell, a whole number, so that its edges are sharp
 * @param cellHeight height of a cell, a whole number
 * @param font how texts in cells are set; empty if they have none
 */
record SvgGrid(int columns, int rows, double cellWidth, double cellHeight, Optional<SvgFont> font) {

    /** Between a text and the edge of its cell. */
    static final double PADDING = 4;

    private static final int[] SIZES = {11, 10, 9, 8};
    private static final int[] SIZES_OF_WHOLE = {11, 10, 9};
    private static final double MOST_WIDTH = 1100;
    private static final double MOST_HEIGHT = 1800;

    /** Width of a cell at most, if columns are few, and if they are many. */
    private static final double MOST_CELL = 140;

    private static final double LEAST_MOST_CELL = 96;

    /** Width at which columns stop being few. */
    private static final double FEW_WIDTH = 900;

    private static final double LEAST_GRID = 260;

    /** Letters worth writing of a longer text. */
    private static final int LETTERS = 5;

    private static final double MOST_SIDE = 760;
    private static final double LEAST_SIDE = 5;
    private static final double SQUARE = 28;
    private static final double LARGE = 64;

    static SvgGrid of(Heatmap heatmap) {
        return withTexts(heatmap).orElseGet(() -> withoutTexts(heatmap));
    }

    /** What stands in a cell: without a text of its own, its number. */
    static String textOf(HeatCell cell) {
        return cell.text().isEmpty() ? Numbers.show(cell.value(0)) : VisibleText.of(cell.text());
    }

    private static Optional<SvgGrid> withTexts(Heatmap heatmap) {
        double ems =
                heatmap.cells().stream()
                        .flatMap(row -> row.stream())
                        .mapToDouble(cell -> SvgFont.mono(1).width(textOf(cell)))
                        .max()
                        .orElse(0);
        if (ems == 0) {
            return Optional.empty();
        }
        int columns = heatmap.columns().size();
        int rows = heatmap.rows().size();
        double most = Math.max(LEAST_MOST_CELL, Math.min(MOST_CELL, FEW_WIDTH / columns));
        double room = Math.floor(Math.min(most, MOST_WIDTH / columns)) - 2 * PADDING;
        for (boolean whole : new boolean[] {true, false}) {
            double needed = whole ? ems : Math.min(ems, SvgFont.mono(1).width("m".repeat(LETTERS)));
            for (int size : whole ? SIZES_OF_WHOLE : SIZES) {
                double height = Math.ceil(2.1 * size);
                if (needed * size <= room && height * rows <= MOST_HEIGHT) {
                    double text = Math.min(room, ems * size);
                    double width =
                            Math.max(text + 2 * PADDING, Math.min(LARGE, LEAST_GRID / columns));
                    return Optional.of(
                            new SvgGrid(
                                    columns,
                                    rows,
                                    Math.ceil(width),
                                    height,
                                    Optional.of(SvgFont.mono(size))));
                }
            }
        }
        return Optional.empty();
    }

    private static SvgGrid withoutTexts(Heatmap heatmap) {
        int columns = heatmap.columns().size();
        int rows = heatmap.rows().size();
        double width = side(columns);
        double height = side(rows);
        boolean similar = Math.max(width, height) < 1.6 * Math.min(width, height);
        double square = Math.min(width, height);
        return new SvgGrid(
                columns,
                rows,
                similar ? square : width,
                similar ? square : Math.min(height, SQUARE),
                Optional.empty());
    }

    private static double side(int cells) {
        double most = Math.max(SQUARE, Math.min(LARGE, LEAST_GRID / Math.max(1, cells)));
        return Math.floor(Math.max(LEAST_SIDE, Math.min(most, MOST_SIDE / Math.max(1, cells))));
    }

    double width() {
        return columns * cellWidth;
    }

    double height() {
        return rows * cellHeight;
    }

    /** Between a cell and the next; none if they are small. */
    double gap() {
        return Math.min(cellWidth, cellHeight) >= 12 ? 1 : 0;
    }
}
