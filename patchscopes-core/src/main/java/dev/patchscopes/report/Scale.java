package dev.patchscopes.report;

import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/** Where the numbers of a measure lie on its scale. */
record Scale(Measure measure, double low, double high) {

    /** The scale of one of a heat map's measures, over all its cells. */
    static Scale of(Heatmap heatmap, int measure) {
        return of(
                heatmap.measures().get(measure),
                heatmap.cells().stream()
                        .flatMap(row -> row.stream())
                        .mapToDouble(cell -> cell.value(measure))
                        .filter(Double::isFinite)
                        .toArray());
    }

    static Scale of(Measure measure, double... numbers) {
        double[] usable =
                measure.spacing() == Spacing.LOGARITHMIC
                        ? DoubleStream.of(numbers).filter(n -> n > 0).toArray()
                        : numbers;
        double low;
        double high;
        if (measure.colors() == ColorScale.DIVERGING) {
            // around 0, so that the ground means no difference
            double size = DoubleStream.of(usable).map(Math::abs).max().orElse(1);
            low = measure.low().orElse(-size);
            high = measure.high().orElse(size);
        } else {
            low = measure.low().orElse(DoubleStream.of(usable).min().orElse(0));
            high = measure.high().orElse(DoubleStream.of(usable).max().orElse(1));
        }
        return new Scale(measure, low, Math.max(low, high));
    }

    /**
     * Where a number lies, 0 to 1; beyond the ends, at the ends; in the middle if all are equal.
     */
    double share(double number) {
        DoubleUnaryOperator spaced =
                measure.spacing() == Spacing.LOGARITHMIC
                        ? Math::log
                        : DoubleUnaryOperator.identity();
        double from = spaced.applyAsDouble(low);
        double to = spaced.applyAsDouble(high);
        if (from == to) {
            return measure.colors() == ColorScale.DIVERGING ? .5 : number < low ? 0 : 1;
        }
        return Math.min(1, Math.max(0, (spaced.applyAsDouble(number) - from) / (to - from)));
    }

    /** The number that lies at a share, for the key beside a picture. */
    double at(double share) {
        return measure.spacing() == Spacing.LOGARITHMIC
                ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low)))
                : low + share * (high - low);
    }

    Rgb color(double number, Palette palette) {
        return palette.color(measure.colors(), share(number));
    }
}
