package dev.patchscopes.report;

import java.util.stream.DoubleStream;

/**
 * Where the numbers of a measure lie on its scale.
 *
 * @param measure what was measured
 * @param low where the scale starts
 * @param high where it ends, no less than it starts
 */
record Scale(Measure measure, double low, double high) {

    /** The scale of one of a heat map's measures, over all its cells. */
    static Scale of(Heatmap heatmap, int measure) {
        return of(
                heatmap.measures().get(measure),
                heatmap.cells().stream()
                        .flatMap(row -> row.stream())
                        .mapToDouble(cell -> cell.value(measure))
                        .toArray());
    }

    /**
     * The scale of a measure.
     *
     * @param numbers what was measured; infinite ones, those that are missing, and on a logarithmic
     *     scale those that are not greater than 0, set no end
     */
    static Scale of(Measure measure, double... numbers) {
        double[] usable =
                DoubleStream.of(numbers)
                        .filter(number -> Double.isFinite(place(measure, number)))
                        .toArray();
        return measure.colors() == ColorScale.DIVERGING
                ? around(measure, usable)
                : between(measure, usable);
    }

    private static Scale between(Measure measure, double[] numbers) {
        double least = DoubleStream.of(numbers).min().orElse(number(measure, 0));
        double greatest = DoubleStream.of(numbers).max().orElse(least);
        double low = measure.low().orElse(Math.min(least, measure.high().orElse(least)));
        return new Scale(measure, low, measure.high().orElse(Math.max(low, greatest)));
    }

    /**
     * As far to both sides, so that the ground means no difference, and a difference is as strong
     * as its opposite; an end that is fixed is within.
     */
    private static Scale around(Measure measure, double[] numbers) {
        DoubleStream fixed =
                DoubleStream.concat(measure.low().stream(), measure.high().stream());
        DoubleStream ends =
                measure.low().isPresent() && measure.high().isPresent()
                        ? fixed
                        : DoubleStream.concat(fixed, DoubleStream.of(numbers));
        double size = ends.map(number -> Math.abs(place(measure, number))).max().orElse(0);
        return new Scale(measure, number(measure, -size), number(measure, size));
    }

    /** A number where its equal steps are equal. */
    private static double place(Measure measure, double number) {
        return measure.spacing() == Spacing.LINEAR
                ? number
                : number < 0 ? Double.NEGATIVE_INFINITY : Math.log(number);
    }

    private static double number(Measure measure, double place) {
        return measure.spacing() == Spacing.LINEAR ? place : Math.exp(place);
    }

    /**
     * Where a number lies, 0 to 1; beyond the ends, at the ends. If both ends are the same, it lies
     * at the one that the measure fixes, else in the middle.
     *
     * @param number a number; infinite ones lie at the ends
     */
    double share(double number) {
        double place = place(measure, number);
        double from = place(measure, low);
        double to = place(measure, high);
        if (place <= from || place >= to) {
            return from == to && place == from ? shareOfAll() : place <= from ? 0 : 1;
        }
        return (place - from) / (to - from);
    }

    private double shareOfAll() {
        if (measure.colors() == ColorScale.DIVERGING
                || (measure.low().isEmpty() && measure.high().isEmpty())) {
            return .5;
        }
        return measure.low().isPresent() ? 0 : 1;
    }

    /** The number that lies at a share, for the key beside a picture. */
    double at(double share) {
        if (share <= 0 || share >= 1) {
            return share <= 0 ? low : high;
        }
        double from = place(measure, low);
        return number(measure, from + share * (place(measure, high) - from));
    }

    Rgb color(double number, Palette palette) {
        return palette.color(measure.colors(), share(number));
    }
}
