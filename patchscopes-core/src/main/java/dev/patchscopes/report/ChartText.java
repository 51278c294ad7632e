package dev.patchscopes.report;

/** Numbers of charts as text. */
final class ChartText {

    private ChartText() {}

    /** The number and its interval: {@code 0.598 [0.550, 0.640]}. */
    static String of(Measured number) {
        return number.isPresent() ? Intervals.show(number) : "no number";
    }
}
