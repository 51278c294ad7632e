package dev.patchscopes.trace.internal;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers with a fixed number of decimals, for cells that stand below each other. */
public final class Fixed {

    private Fixed() {}

    /**
     * Rounds a number.
     *
     * @param value the number
     * @param decimals digits after the point
     * @return for example {@code 0.12}; never a negative zero, and empty if it is not finite
     */
    public static String of(double value, int decimals) {
        return Double.isFinite(value)
                ? BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_UP).toPlainString()
                : "";
    }
}
