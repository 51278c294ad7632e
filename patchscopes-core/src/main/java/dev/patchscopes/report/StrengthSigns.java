package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;

/** Signs that stand for the colours of a scale where there are none. */
final class StrengthSigns {

    /** From the ground to the full colour. */
    private static final ImmutableList<String> LEVELS =
            ImmutableList.of("▁", "▂", "▃", "▄", "▅", "▆", "▇", "█");

    /** Far below, below, about the middle, above, far above. */
    private static final ImmutableList<String> SIDES = ImmutableList.of("▼", "▽", "·", "△", "▲");

    private StrengthSigns() {}

    /**
     * Sign of a place on a scale.
     *
     * @param share where, 0 to 1
     */
    static String of(ColorScale scale, double share) {
        return switch (scale) {
            case SEQUENTIAL -> nth(LEVELS, share);
            case REVERSED -> nth(LEVELS, 1 - share);
            case DIVERGING -> nth(SIDES, share);
        };
    }

    private static String nth(ImmutableList<String> signs, double share) {
        return signs.get((int) Math.min(signs.size() - 1, share * signs.size()));
    }
}
