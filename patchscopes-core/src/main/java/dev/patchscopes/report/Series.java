package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A line of a {@link LineChart}.
 *
 * @param name what it is
 * @param points its points, from the left; where a number is missing the line is broken
 * @param baseline whether it is there to compare with, such as a control: drawn dashed
 */
public record Series(String name, ImmutableList<Point> points, boolean baseline) {

    /**
     * A point of a line.
     *
     * @param x where it stands
     * @param y what was measured there
     */
    public record Point(double x, Measured y) {}

    /**
     * A line over whole numbers, such as layers.
     *
     * @param name what it is
     * @param xs where its points stand, ascending
     * @param at what was measured at each
     * @return the line
     */
    public static Series of(String name, List<Integer> xs, IntFunction<Measured> at) {
        return new Series(
                name,
                xs.stream()
                        .map(x -> new Point(x, at.apply(x)))
                        .collect(ImmutableList.toImmutableList()),
                false);
    }

    /**
     * A level line.
     *
     * @param name what it is
     * @param xs where it stands, ascending
     * @param level what was measured, the same everywhere
     * @return the line, a baseline
     */
    public static Series level(String name, List<Integer> xs, Measured level) {
        return of(name, xs, x -> level).asBaseline();
    }

    /**
     * A line of plain numbers at 0, 1, 2, ....
     *
     * @param name what it is
     * @param values the numbers
     * @return the line
     */
    public static Series of(String name, List<Double> values) {
        return of(
                name,
                IntStream.range(0, values.size()).boxed().toList(),
                x -> Measured.of(values.get(x)));
    }

    /** {@return the same line as something to compare with} */
    public Series asBaseline() {
        return new Series(name, points, true);
    }
}
