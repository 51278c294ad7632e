package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.OptionalDouble;

/**
 * One kind of number in the cells of a {@link Heatmap}. A page for a browser lets its reader choose
 * among all of a heat map's measures.
 *
 * @param name what it says, such as {@code probability}
 * @param unit unit, such as {@code nats}; empty for none
 * @param colors how it is coloured
 * @param spacing where a number lies between the ends
 * @param low what the scale starts at; empty for the least number that is there, or for a diverging
 *     scale its greatest size, negated
 * @param high what the scale ends at; empty for the greatest number that is there, or for a
 *     diverging scale the greatest size
 */
public record Measure(
        String name,
        String unit,
        ColorScale colors,
        Spacing spacing,
        OptionalDouble low,
        OptionalDouble high) {

    /**
     * Checks the ends.
     *
     * @param name what it says
     * @param unit unit; empty for none
     * @param colors how it is coloured
     * @param spacing where a number lies between the ends
     * @param low what the scale starts at
     * @param high what the scale ends at
     * @throws IllegalArgumentException if the ends are no numbers, do not ascend, or are not
     *     greater than 0 on a logarithmic scale
     */
    public Measure {
        low.ifPresent(
                value -> checkArgument(Double.isFinite(value), "%s starts at %s", name, value));
        high.ifPresent(
                value -> checkArgument(Double.isFinite(value), "%s ends at %s", name, value));
        if (low.isPresent() && high.isPresent()) {
            checkArgument(
                    low.getAsDouble() < high.getAsDouble(),
                    "%s goes from %s to %s: the ends have to ascend",
                    name,
                    low.getAsDouble(),
                    high.getAsDouble());
        }
        if (spacing == Spacing.LOGARITHMIC) {
            low.ifPresent(
                    value ->
                            checkArgument(
                                    value > 0,
                                    "%s starts at %s: a logarithmic scale starts above 0",
                                    name,
                                    value));
            high.ifPresent(
                    value ->
                            checkArgument(
                                    value > 0,
                                    "%s ends at %s: a logarithmic scale ends above 0",
                                    name,
                                    value));
        }
    }

    /**
     * Numbers of which more is stronger; the ends are those of the numbers that are there.
     *
     * @param name what it says
     * @param unit unit; empty for none
     * @return the measure
     */
    public static Measure of(String name, String unit) {
        return new Measure(
                name,
                unit,
                ColorScale.SEQUENTIAL,
                Spacing.LINEAR,
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    /**
     * Differences, around 0.
     *
     * @param name what it says
     * @param unit unit; empty for none
     * @return the measure
     */
    public static Measure difference(String name, String unit) {
        return new Measure(
                name,
                unit,
                ColorScale.DIVERGING,
                Spacing.LINEAR,
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    /** {@return a probability, 0 to 1} */
    public static Measure probability() {
        return of("probability", "").between(0, 1);
    }

    /** {@return the entropy of a distribution, in nats, from 0} */
    public static Measure entropy() {
        return of("entropy", "nats").from(0);
    }

    /** {@return the divergence from the model's own distribution, in nats, from 0} */
    public static Measure divergence() {
        return of("KL divergence", "nats").from(0);
    }

    /** {@return a rank, from 1, the best, on a logarithmic scale} */
    public static Measure rank() {
        return new Measure(
                "rank",
                "",
                ColorScale.REVERSED,
                Spacing.LOGARITHMIC,
                OptionalDouble.of(1),
                OptionalDouble.empty());
    }

    /**
     * Fixes the ends. A diverging scale reaches as far to both sides: to the farther of the two.
     *
     * @param low what the scale starts at
     * @param high what the scale ends at
     * @return a copy
     * @throws IllegalArgumentException if the ends are no numbers, do not ascend, or are not
     *     greater than 0 on a logarithmic scale
     */
    public Measure between(double low, double high) {
        return new Measure(
                name, unit, colors, spacing, OptionalDouble.of(low), OptionalDouble.of(high));
    }

    /**
     * Fixes where the scale starts.
     *
     * @param low what the scale starts at
     * @return a copy
     * @throws IllegalArgumentException if it is no number, is not less than the end, or is not
     *     greater than 0 on a logarithmic scale
     */
    public Measure from(double low) {
        return new Measure(name, unit, colors, spacing, OptionalDouble.of(low), high);
    }

    /**
     * Says what it measures.
     *
     * @param name what it says
     * @return a copy
     */
    public Measure named(String name) {
        return new Measure(name, unit, colors, spacing, low, high);
    }

    /** {@return the name, and the unit in brackets} */
    public String label() {
        return unit.isEmpty() ? name : "%s (%s)".formatted(name, unit);
    }
}
