package dev.patchscopes.report;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.OptionalDouble;

/** Where the axis of a chart starts and ends, as far as that is fixed. */
final class AxisEnds {

    private AxisEnds() {}

    static void check(String title, OptionalDouble low, OptionalDouble high) {
        low.ifPresent(
                end ->
                        checkArgument(
                                Double.isFinite(end),
                                "the axis of \"%s\" starts at %s",
                                title,
                                end));
        high.ifPresent(
                end ->
                        checkArgument(
                                Double.isFinite(end), "the axis of \"%s\" ends at %s", title, end));
        if (low.isPresent() && high.isPresent()) {
            checkArgument(
                    low.getAsDouble() < high.getAsDouble(),
                    "the axis of \"%s\" goes from %s to %s: the ends have to ascend",
                    title,
                    low.getAsDouble(),
                    high.getAsDouble());
        }
    }
}
