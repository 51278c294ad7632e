package dev.patchscopes.report;

import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * Numbers along a line of pixels.
 *
 * @param low number at its start
 * @param high number at its end, greater
 * @param start where the line starts
 * @param end where it ends
 * @param ticks numbers to write along it
 */
record PlotAxis(double low, double high, double start, double end, Ticks ticks) {

    /** Numbers beyond it are beyond every axis. */
    private static final double GREATEST = 1e300;

    /** Numbers nearer to each other than this share of their size count as equal. */
    private static final double EQUAL = 1e-9;

    /** An end that passes a tick by less than this share of a step stays where it is. */
    private static final double LITTLE = 0.1;

    /** Numbers smaller than this count as 0. */
    private static final double LEAST = 1e-290;

    /** Steps of an axis that fits numbers. */
    static final int STEPS = 5;

    /**
     * The ends of an axis that shows numbers.
     *
     * @param low where it starts
     * @param high where it ends, greater
     */
    record Range(double low, double high) {

        /**
         * Ends as they are given, and else even numbers just beyond those there are; around them if
         * they are equal.
         */
        static Range of(double[] numbers, OptionalDouble low, OptionalDouble high) {
            double[] finite =
                    DoubleStream.of(numbers)
                            .filter(Double::isFinite)
                            .map(number -> Math.max(-GREATEST, Math.min(GREATEST, number)))
                            .toArray();
            boolean fixedLow = low.isPresent() && Math.abs(low.getAsDouble()) <= GREATEST;
            boolean fixedHigh = high.isPresent() && Math.abs(high.getAsDouble()) <= GREATEST;
            double from = fixedLow ? low.getAsDouble() : DoubleStream.of(finite).min().orElse(0);
            double to = fixedHigh ? high.getAsDouble() : DoubleStream.of(finite).max().orElse(1);
            if (from > to && fixedLow && fixedHigh) {
                return of(finite, high, low);
            }
            if (to - from <= EQUAL * Math.max(Math.abs(from), Math.abs(to))) {
                double size = Math.max(Math.abs(from), Math.abs(to));
                double room = size < LEAST ? 1 : size / 5;
                if (size < LEAST && !fixedLow && !fixedHigh) {
                    from = 0;
                    to = 1;
                } else if (fixedLow && !fixedHigh) {
                    to = from + room;
                } else if (fixedHigh && !fixedLow) {
                    from = to - room;
                } else {
                    double middle = from;
                    from = middle - room;
                    to = middle + room;
                }
            }
            return new Range(from, to).rounded(!fixedLow, !fixedHigh);
        }

        /** Ends that are ticks, or that lie little beyond one. */
        private Range rounded(boolean atLow, boolean atHigh) {
            double step = Ticks.step(low, high, STEPS);
            Range rounded =
                    new Range(
                            atLow ? Math.min(low, Math.floor(low / step + LITTLE) * step) : low,
                            atHigh ? Math.max(high, Math.ceil(high / step - LITTLE) * step) : high);
            // it is longer now: fewer ticks may have room
            return Ticks.step(rounded.low, rounded.high, STEPS) > step * (1 + EQUAL)
                    ? rounded.rounded(atLow, atHigh)
                    : rounded;
        }
    }

    static PlotAxis of(Range range, double start, double end) {
        return new PlotAxis(
                range.low(),
                range.high(),
                start,
                end,
                Ticks.linear(range.low(), range.high(), STEPS));
    }

    /** Where a number lies; beyond the line if it is beyond its ends. */
    double at(double number) {
        return start + (number - low) / (high - low) * (end - start);
    }

    /** Where a number lies, or the nearer end. */
    double within(double number) {
        return at(Math.max(low, Math.min(high, number)));
    }

    boolean contains(double number) {
        return number >= low && number <= high;
    }
}
