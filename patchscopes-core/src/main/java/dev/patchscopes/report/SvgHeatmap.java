package dev.patchscopes.report;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Draws heat maps. */
final class SvgHeatmap {

    private static final SvgFont AXIS_TITLE = SvgFont.sans(12);
    private static final double LEAST_WIDTH = 320;
    private static final double MOST_CORNER = 110;
    private static final double TITLE_GAP = 6;
    private static final double KEY_GAP = 16;

    private final Heatmap heatmap;
    private final Palette palette;
    private final Scale scale;
    private final SvgGrid grid;
    private final SvgLabels rows;
    private final SvgLabels columns;
    private final SvgColorKey key;
    private final String rowTitle;
    private final SvgSheet sheet;
    private final double left;
    private final double top;

    private SvgHeatmap(Heatmap heatmap, Theme theme) {
        this.heatmap = heatmap;
        this.palette = Palette.of(theme);
        this.scale = Scale.of(heatmap, 0);
        this.grid = SvgGrid.of(heatmap);
        this.rows = SvgLabels.rows(heatmap.rows(), grid.cellHeight());
        this.columns = SvgLabels.columns(heatmap.columns(), grid.cellWidth());
        boolean missing =
                heatmap.cells().stream().flatMap(row -> row.stream()).anyMatch(this::isMissing);
        this.key = new SvgColorKey(scale, palette, missing);
        this.rowTitle = VisibleText.of(heatmap.rows().title());
        double before = Math.ceil(before());
        double after = Math.max(0, columns.overhang() - grid.cellWidth() / 2);
        double width = before + Math.max(grid.width() + after, key.width());
        this.sheet = SvgSheet.of(heatmap, SvgColors.of(theme), Math.max(LEAST_WIDTH, width));
        this.left = sheet.left() + before;
        this.top = Math.ceil(sheet.top() + above());
    }

    static String of(Heatmap heatmap, Theme theme) {
        return new SvgHeatmap(heatmap, theme).draw();
    }

    private boolean isTurned() {
        return AXIS_TITLE.width(rowTitle) <= grid.height();
    }

    /** From the left edge to the cells. */
    private double before() {
        if (rowTitle.isEmpty()) {
            return rows.width() + SvgLabels.GAP;
        }
        return SvgLabels.GAP
                + (isTurned()
                        ? AXIS_TITLE.lineHeight() + TITLE_GAP + rows.width()
                        : Math.max(
                                rows.width(), Math.min(MOST_CORNER, AXIS_TITLE.width(rowTitle))));
    }

    /** From title and caption to the cells. */
    private double above() {
        double title =
                heatmap.columns().title().isEmpty() ? 0 : AXIS_TITLE.lineHeight() + TITLE_GAP;
        double corner = isTurned() ? 0 : AXIS_TITLE.lineHeight();
        return title + Math.max(corner, columns.height()) + SvgLabels.GAP;
    }

    private String draw() {
        if (heatmap.rows().size() == 0 || heatmap.columns().size() == 0) {
            double y = sheet.top() + AXIS_TITLE.lineHeight() / 2;
            sheet.add(AXIS_TITLE.starting("no cells", sheet.left(), y, sheet.colors().faint()));
            return sheet.finish(sheet.top() + AXIS_TITLE.lineHeight());
        }
        axisTitles();
        rows.drawRows(left - SvgLabels.GAP, top, sheet);
        columns.drawColumns(left, top - SvgLabels.GAP, sheet);
        cells();
        double keyTop = top + grid.height() + KEY_GAP;
        key.draw(left, keyTop, sheet);
        return sheet.finish(keyTop + key.height());
    }

    private void axisTitles() {
        String ink = sheet.colors().ink();
        String columnTitle =
                AXIS_TITLE.cut(
                        VisibleText.of(heatmap.columns().title()),
                        Math.max(grid.width(), LEAST_WIDTH - (left - sheet.left())));
        double half = Math.max(grid.width(), AXIS_TITLE.width(columnTitle)) / 2;
        sheet.add(
                AXIS_TITLE.centred(
                        columnTitle, left + half, sheet.top() + AXIS_TITLE.lineHeight() / 2, ink));
        if (isTurned()) {
            sheet.add(
                    AXIS_TITLE.upwards(
                            rowTitle,
                            sheet.left() + AXIS_TITLE.lineHeight() / 2,
                            top + grid.height() / 2,
                            ink));
        } else {
            sheet.add(
                    AXIS_TITLE.ending(
                            AXIS_TITLE.cut(rowTitle, left - SvgLabels.GAP - sheet.left()),
                            left - SvgLabels.GAP,
                            top - SvgLabels.GAP - AXIS_TITLE.lineHeight() / 2,
                            ink));
        }
    }

    private void cells() {
        SvgElement cells = SvgElement.of("g").with("shape-rendering", "crispEdges");
        grid.font()
                .ifPresent(
                        font ->
                                cells.with("font-family", SvgFont.MONO)
                                        .with("font-size", font.size())
                                        .with("text-anchor", "middle"));
        SvgElement marks = SvgElement.of("g").style("fill", "none").with("pointer-events", "none");
        for (int row = 0; row < heatmap.rows().size(); row++) {
            for (int column = 0; column < heatmap.columns().size(); column++) {
                cells.add(cell(row, column));
                if (heatmap.at(row, column).marked()) {
                    mark(row, column, marks);
                }
            }
        }
        sheet.add(cells);
        double gap = grid.gap();
        sheet.add(
                SvgElement.rect(
                                left - .5,
                                top - .5,
                                grid.width() - gap + 1,
                                grid.height() - gap + 1)
                        .style("fill", "none")
                        .stroke(sheet.colors().rule(), 1));
        sheet.add(marks);
    }

    private boolean isMissing(HeatCell cell) {
        // a logarithmic scale has no place for numbers below 0
        return Double.isNaN(cell.value(0)) || Double.isNaN(scale.share(cell.value(0)));
    }

    private double x(int column) {
        return left + column * grid.cellWidth();
    }

    private double y(int row) {
        return top + row * grid.cellHeight();
    }

    private SvgElement cell(int row, int column) {
        HeatCell cell = heatmap.at(row, column);
        double width = grid.cellWidth() - grid.gap();
        double height = grid.cellHeight() - grid.gap();
        SvgElement group = SvgElement.of("g").add(SvgElement.title(description(row, column)));
        String ink;
        if (isMissing(cell)) {
            group.add(SvgColorKey.missing(x(column), y(row), width, height, sheet.colors()));
            ink = sheet.colors().ink();
        } else {
            Rgb color = scale.color(cell.value(0), palette);
            group.add(SvgElement.rect(x(column), y(row), width, height).fill(color.css()));
            ink = Palette.inkOn(color).css();
        }
        grid.font()
                .filter(font -> !SvgGrid.textOf(cell).isEmpty())
                .map(font -> text(cell, font, x(column) + width / 2, y(row) + height / 2, ink))
                .ifPresent(group::add);
        return group;
    }

    private SvgElement text(HeatCell cell, SvgFont font, double x, double y, String ink) {
        double room = grid.cellWidth() - 2 * SvgGrid.PADDING;
        return SvgElement.of("text")
                .with("x", x)
                .with("y", y + font.middle())
                .fill(ink)
                .text(font.cut(SvgGrid.textOf(cell), room));
    }

    /** An outline within the cell, on a line of the ground, so that it stands out on any colour. */
    private void mark(int row, int column, SvgElement marks) {
        double line = grid.gap() > 0 ? 2 : 1;
        double width = grid.cellWidth() - grid.gap() - line;
        double height = grid.cellHeight() - grid.gap() - line;
        double x = x(column) + line / 2;
        double y = y(row) + line / 2;
        if (grid.gap() > 0) {
            marks.add(
                    SvgElement.rect(x + 1, y + 1, width - 2, height - 2)
                            .stroke(sheet.colors().ground(), line));
        }
        marks.add(SvgElement.rect(x, y, width, height).stroke(sheet.colors().mark(), line));
    }

    private String description(int row, int column) {
        HeatCell cell = heatmap.at(row, column);
        String where =
                "%s, %s".formatted(name(heatmap.rows(), row), name(heatmap.columns(), column));
        String text = VisibleText.of(cell.text());
        String numbers =
                IntStream.range(0, heatmap.measures().size())
                        .filter(m -> !Double.isNaN(cell.value(m)))
                        .mapToObj(
                                m ->
                                        "%s %s"
                                                .formatted(
                                                        heatmap.measures().get(m).label(),
                                                        Numbers.show(cell.value(m))))
                        .collect(Collectors.joining(", "));
        return Stream.of(where, text, numbers, cell.note())
                .filter(line -> !line.isEmpty())
                .collect(Collectors.joining("\n"));
    }

    private static String name(AxisLabels axis, int index) {
        return (axis.title() + " " + VisibleText.of(axis.labels().get(index))).strip();
    }
}
