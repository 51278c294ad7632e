package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A line of a chart: solid, with a shape at its points, or, where it is there to compare with,
 * dashed and without.
 */
final class SvgSeries {

    private static final ImmutableList<String> DASHES =
            ImmutableList.of("7 4", "2 3", "10 3 2 3", "14 5", "5 2 1 2 1 2");

    /** Shapes on a line, so that they keep apart; the other points are dots. */
    private static final int MOST_SHAPES = 26;

    private static final double GREATEST_X = 1e300;

    private final LineChart chart;
    private final Series series;
    private final PlotAxis x;
    private final PlotAxis y;
    private final SvgSheet sheet;
    private final String color;
    private final SvgMarker marker;
    private final String dashes;

    SvgSeries(LineChart chart, int index, PlotAxis x, PlotAxis y, SvgSheet sheet) {
        this.chart = chart;
        this.series = chart.series().get(index);
        this.x = x;
        this.y = y;
        this.sheet = sheet;
        this.color = sheet.colors().line(index);
        this.marker = SvgMarker.of(index);
        long before = chart.series().subList(0, index).stream().filter(Series::baseline).count();
        this.dashes = DASHES.get((int) before % DASHES.size());
    }

    /** Whether there is a place for a point at all. */
    static boolean isPlaced(Series.Point point) {
        return Math.abs(point.x()) <= GREATEST_X;
    }

    private static boolean hasNumber(Series.Point point) {
        return isPlaced(point) && Double.isFinite(point.y().value());
    }

    private static boolean hasInterval(Series.Point point) {
        return isPlaced(point) && point.y().isPresent() && point.y().hasInterval();
    }

    /** A band behind the line, and whiskers where a point stands alone. */
    void intervals() {
        for (List<Series.Point> run : runs(SvgSeries::hasInterval)) {
            List<SvgPath.At> outline = new ArrayList<>();
            run.forEach(point -> outline.add(at(point, point.y().low())));
            for (int i = run.size() - 1; i >= 0; i--) {
                outline.add(at(run.get(i), run.get(i).y().high()));
            }
            SvgPath path = path();
            if (run.size() == 1) {
                path.line(outline);
            } else {
                path.area(outline);
            }
            if (path.isEmpty()) {
                continue;
            }
            sheet.add(
                    run.size() == 1
                            ? path.element().style("fill", "none").stroke(color, 1.5)
                            : path.element()
                                    .fill(color)
                                    .with("fill-opacity", series.baseline() ? .1 : .16));
        }
    }

    void line() {
        SvgPath path = path();
        for (List<Series.Point> run : runs(SvgSeries::hasNumber)) {
            path.line(run.stream().map(point -> at(point, point.y().value())).toList());
        }
        if (!path.isEmpty()) {
            sheet.add(styled(path.element().style("fill", "none")));
        }
    }

    private SvgElement styled(SvgElement line) {
        line.stroke(color, series.baseline() ? 1.5 : 2).with("stroke-linejoin", "round");
        return series.baseline() ? line.with("stroke-dasharray", dashes) : line;
    }

    void markers() {
        int every = Math.max(1, (series.points().size() + MOST_SHAPES - 1) / MOST_SHAPES);
        int index = 0;
        for (List<Series.Point> run : runs(point -> isPlaced(point) && point.y().isPresent())) {
            for (Series.Point point : run) {
                boolean alone = run.size() == 1 || series.points().size() == 1;
                boolean shape = alone || !series.baseline() && index % every == 0;
                sheet.add(point(point, shape));
                index++;
            }
        }
    }

    private SvgElement point(Series.Point point, boolean shape) {
        SvgElement group = SvgElement.of("g").add(SvgElement.title(description(point)));
        double across = x.at(point.x());
        double value = point.y().value();
        double up = y.within(value);
        if (!y.contains(value)) {
            group.add(SvgMarker.beyond(across, up, value > y.high(), color));
        } else if (shape) {
            group.add(marker.draw(across, up, color, sheet.colors()));
        } else if (!series.baseline()) {
            group.add(SvgMarker.dot(across, up, color));
        }
        return group.add(SvgMarker.target(across, up));
    }

    private String description(Series.Point point) {
        String where = (chart.xTitle() + " " + Numbers.show(point.x())).strip();
        return (series.name().isEmpty() ? where : where + ", " + series.name())
                + ": "
                + ChartText.of(point.y());
    }

    /** A piece of the line, for the legend. */
    SvgElement sample(double left, double middle) {
        double right = left + SvgLegend.sampleWidth();
        SvgElement group =
                SvgElement.of("g").add(styled(SvgElement.line(left, middle, right, middle)));
        return series.baseline()
                ? group
                : group.add(marker.draw((left + right) / 2, middle, color, sheet.colors()));
    }

    /** Neighbours that all fulfil something. */
    private List<List<Series.Point>> runs(Predicate<Series.Point> condition) {
        List<List<Series.Point>> runs = new ArrayList<>();
        boolean goesOn = false;
        for (Series.Point point : series.points()) {
            boolean fits = condition.test(point);
            if (fits && !goesOn) {
                runs.add(new ArrayList<>());
            }
            if (fits) {
                runs.get(runs.size() - 1).add(point);
            }
            goesOn = fits;
        }
        return runs;
    }

    private SvgPath path() {
        return new SvgPath(y.end(), y.start());
    }

    private SvgPath.At at(Series.Point point, double number) {
        // an interval may be open: what is beyond the axis is cut off
        return new SvgPath.At(
                x.at(point.x()), y.at(Math.max(-GREATEST_X, Math.min(GREATEST_X, number))));
    }
}
