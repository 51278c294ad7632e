package dev.patchscopes.report;

/** Numbers of charts as text. */
final class ChartText {

    private ChartText() {}

    /** The number and its interval: {@code 0.598 [0.550, 0.640]}. */
    static String of(Measured number) {
        if (!number.isPresent()) {
            return "no number";
        }
        String value = Numbers.show(number.value());
        return number.hasInterval()
                ? "%s [%s, %s]"
                        .formatted(
                                value, Numbers.show(number.low()), Numbers.show(number.high()))
                : value;
    }
}
