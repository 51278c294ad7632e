package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Sliding windows, block by block. */
final class Windows {

    private static final String SLIDING = "sliding_attention";
    private static final ImmutableSet<String> TYPES = ImmutableSet.of(SLIDING, "full_attention");

    private Windows() {}

    /**
     * The width of the sliding window: null in the file is none, an absent key the default.
     *
     * @param fallback the family's default
     */
    static OptionalInt width(Settings settings, OptionalInt fallback) {
        return settings.mentions("sliding_window") ? settings.size("sliding_window") : fallback;
    }

    /** The same window, or none, in every block. */
    static ImmutableList<Integer> everywhere(Sizes sizes, OptionalInt width) {
        return sizes.everyBlock(width.orElse(0));
    }

    /**
     * Which blocks slide: those that {@code layer_types} says, or by the family's rule.
     *
     * @param rule whether a block slides if the file does not say
     */
    static ImmutableList<Boolean> sliding(Settings settings, Sizes sizes, IntPredicate rule) {
        ImmutableList<String> types = settings.words("layer_types");
        if (!settings.has("layer_types")) {
            return IntStream.range(0, sizes.layers())
                    .mapToObj(rule::test)
                    .collect(ImmutableList.toImmutableList());
        }
        if (types.size() != sizes.layers()) {
            throw settings.bad(
                    "layer_types",
                    "a list of " + types.size(),
                    "must name one type for each of the " + sizes.layers() + " blocks");
        }
        for (String type : types) {
            if (!TYPES.contains(type)) {
                throw settings.bad(
                        "layer_types", "[..., \"" + type + "\", ...]", "may only hold " + TYPES);
            }
        }
        return types.stream().map(SLIDING::equals).collect(ImmutableList.toImmutableList());
    }

    /** A window in the blocks that slide and none in the others. */
    static ImmutableList<Integer> where(
            Settings settings, ImmutableList<Boolean> sliding, OptionalInt width) {
        if (width.isEmpty() && sliding.contains(true)) {
            throw settings.bad(
                    "sliding_window", "null", "leaves the blocks that slide without a window");
        }
        return sliding.stream()
                .map(slides -> slides ? width.getAsInt() : 0)
                .collect(ImmutableList.toImmutableList());
    }
}
