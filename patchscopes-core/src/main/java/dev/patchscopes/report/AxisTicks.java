package dev.patchscopes.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.stream.LongStream;

/**
 * Round numbers along an axis for a terminal: multiples of 1, 2 or 5 times a power of ten.
 *
 * @param step from one to the next
 */
record AxisTicks(double step) {

    /**
     * Chooses a step.
     *
     * @param size length of the axis, greater than 0
     * @param most how many ticks there may be, at least 2
     * @param least what a step is no less than; 0 for anything
     */
    static AxisTicks of(double size, int most, double least) {
        double power = Math.pow(10, Math.floor(Math.log10(size / most)));
        double step = power;
        for (double factor : new double[] {1, 2, 5, 10, 20}) {
            step = power * factor;
            if (step >= least && size / step <= most - 1) {
                break;
            }
        }
        return new AxisTicks(Math.max(step, least));
    }

    /** The ticks from one number to another. */
    double[] between(double low, double high) {
        long first = (long) Math.ceil(low / step - 1e-9);
        long last = (long) Math.floor(high / step + 1e-9);
        return LongStream.rangeClosed(first, last).mapToDouble(i -> i * step).toArray();
    }

    /** A tick with as many decimals as its step has. */
    String show(double tick) {
        if (step < 1e-4 || Math.abs(tick) >= 1e6) {
            return tick == 0 ? "0" : Numbers.show(tick);
        }
        int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
        return BigDecimal.valueOf(tick).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
    }
}
