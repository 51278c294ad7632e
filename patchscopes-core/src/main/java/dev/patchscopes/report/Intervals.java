package dev.patchscopes.report;

/** Numbers with their intervals as text. */
final class Intervals {

    private Intervals() {}

    /** The number, and its interval in brackets; "" for none. */
    static String show(Measured measured) {
        String value = Numbers.show(measured.value());
        return measured.isPresent() && measured.hasInterval()
                ? "%s [%s, %s]"
                        .formatted(
                                value,
                                Numbers.show(measured.low()),
                                Numbers.show(measured.high()))
                : value;
    }
}
