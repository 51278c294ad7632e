package dev.patchscopes.internal;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers with a fixed number of decimals, none of them a negative zero. */
public final class Fixed {

    private Fixed() {}

    /**
     * Rounds a number.
     *
     * @param value the number
     * @param decimals digits after the point
     * @return for example {@code 0.12}; empty if it is not finite
     */
    public static String of(double value, int decimals) {
        return Double.isFinite(value)
                ? BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_UP).toPlainString()
                : "";
    }

    /**
     * Rounds a number, for a text.
     *
     * @param value the number
     * @param decimals digits after the point
     * @return for example {@code 0.12}; {@code NaN} or {@code Infinity} if it is not finite
     */
    public static String text(double value, int decimals) {
        return Double.isFinite(value) ? of(value, decimals) : Double.toString(value);
    }

    /**
     * Rounds a difference.
     *
     * @param value the number
     * @param decimals digits after the point
     * @return as {@link #text}, with a sign: {@code +0.12}, and {@code +0.00} on either side of 0
     */
    public static String signed(double value, int decimals) {
        String text = text(value, decimals);
        return Double.isNaN(value) || text.startsWith("-") ? text : "+" + text;
    }
}
