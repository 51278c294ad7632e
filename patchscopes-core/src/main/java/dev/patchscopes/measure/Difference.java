package dev.patchscopes.measure;

import dev.patchscopes.internal.Fixed;

/**
 * The difference of two shares of the same samples, with a 95 % interval: percentiles of {@value
 * #DRAWS} bootstrap draws of subjects, both shares and all sentences of a subject drawn together.
 *
 * @param value the difference, -1 to 1
 * @param low lower end of the interval
 * @param high upper end of the interval
 */
public record Difference(double value, double low, double high) {

    /** Bootstrap draws behind the interval. */
    public static final int DRAWS = 2000;

    /** {@return for example {@code +0.40 [0.25, 0.55]}} */
    @Override
    public String toString() {
        return "%s [%s, %s]"
                .formatted(Fixed.signed(value, 2), Fixed.text(low, 2), Fixed.text(high, 2));
    }
}
