package dev.patchscopes.model.internal.family;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.internal.WeightMap.Linear;
import dev.patchscopes.model.internal.WeightMap.Norm;
import dev.patchscopes.model.internal.WeightMap.Part;
import dev.patchscopes.model.internal.WeightMap.Parts;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * Parameters by stored name: a stem such as {@code mlp.fc1}, plus {@code .weight}, {@code .bias}.
 */
final class Names {

    private Names() {}

    static Linear linear(String stem, boolean bias) {
        return stacked(bias, stem);
    }

    /** Several affine maps of the same input, their outputs one after the other. */
    static Linear stacked(boolean bias, String... stems) {
        return new Linear(
                parts(stems, stem -> Part.of(stem + ".weight")),
                bias
                        ? Optional.of(parts(stems, stem -> Part.of(stem + ".bias")))
                        : Optional.empty());
    }

    /** An affine map with bias whose weight is stored [in, out]. */
    static Linear transposed(String stem) {
        return new Linear(
                new Parts(ImmutableList.of(Part.transposed(stem + ".weight"))),
                Optional.of(Parts.of(stem + ".bias")));
    }

    /** An affine map whose output rows are stored in another order. */
    static Linear rows(String stem, ImmutableIntArray rows, boolean bias) {
        return new Linear(
                new Parts(ImmutableList.of(Part.rows(stem + ".weight", rows))),
                bias
                        ? Optional.of(new Parts(ImmutableList.of(Part.rows(stem + ".bias", rows))))
                        : Optional.empty());
    }

    /** A norm with weight and bias. */
    static Norm layerNorm(String stem) {
        return new Norm(Parts.of(stem + ".weight"), Optional.of(Parts.of(stem + ".bias")));
    }

    /** A norm with a weight alone. */
    static Norm rmsNorm(String... stems) {
        return new Norm(parts(stems, stem -> Part.of(stem + ".weight")), Optional.empty());
    }

    /**
     * The order that unravels queries, keys and values stored group by group, each group being
     * {@code queries} query heads, a key head and a value head.
     *
     * @param groups number of groups
     * @param queries query heads a group
     * @param headWidth rows of a head
     */
    static ImmutableIntArray groupedRows(int groups, int queries, int headWidth) {
        ImmutableIntArray.Builder rows = ImmutableIntArray.builder();
        int stride = (queries + 2) * headWidth; // rows of a group
        for (int group = 0; group < groups; group++) {
            addRows(rows, group * stride, queries * headWidth);
        }
        for (int group = 0; group < groups; group++) {
            addRows(rows, group * stride + queries * headWidth, headWidth);
        }
        for (int group = 0; group < groups; group++) {
            addRows(rows, group * stride + (queries + 1) * headWidth, headWidth);
        }
        return rows.build();
    }

    private static void addRows(ImmutableIntArray.Builder rows, int first, int count) {
        for (int row = first; row < first + count; row++) {
            rows.add(row);
        }
    }

    private static Parts parts(String[] stems, Function<String, Part> part) {
        return new Parts(Arrays.stream(stems).map(part).collect(ImmutableList.toImmutableList()));
    }
}
