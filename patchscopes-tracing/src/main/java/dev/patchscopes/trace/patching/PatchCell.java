package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One cell of a map.
 *
 * @param target what was patched
 * @param index an index for each of the target's axes
 * @param metric the metric, the mean over pairs
 * @param effect the metric less that of the unpatched run, the mean over pairs
 * @param normalised the metric on the scale from corrupted, 0, to clean, 1; empty where that scale
 *     does not exist
 */
public record PatchCell(
        PatchTarget target,
        ImmutableList<Integer> index,
        double metric,
        double effect,
        OptionalDouble normalised) {

    /** {@return for example {@code z block 9 head 6: effect +1.234 (0.321 normalised)}} */
    @Override
    public String toString() {
        List<String> place = new ArrayList<>();
        for (int axis = 0; axis < index.size(); axis++) {
            place.add(target.axes().get(axis) + " " + index.get(axis));
        }
        return String.format(
                Locale.ROOT,
                "%s %s: effect %s%s",
                target.site().name().toLowerCase(Locale.ROOT),
                String.join(" ", place),
                Fixed.signed(effect, 3),
                normalised.isEmpty()
                        ? ""
                        : " (%s normalised)".formatted(Fixed.text(normalised.getAsDouble(), 3)));
    }
}
