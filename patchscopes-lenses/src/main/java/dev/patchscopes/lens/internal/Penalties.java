package dev.patchscopes.lens.internal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;

/** Penalties of ridge regressions, as fractions of the mean of the Gram matrix's diagonal. */
public final class Penalties {
    private Penalties() {}

    /**
     * Checks penalties before anything is read for them.
     *
     * @param fractions the penalties
     * @return the same
     * @throws IllegalArgumentException if there are none, or one is no finite number above 0
     */
    public static ImmutableDoubleArray of(double... fractions) {
        checkArgument(fractions.length > 0, "no penalty is given; 1e-3 is a usual one");
        for (double fraction : fractions) {
            checkArgument(
                    fraction > 0 && Double.isFinite(fraction),
                    "a penalty of %s is no finite number above 0; 1e-3 is a usual one",
                    fraction);
        }
        return ImmutableDoubleArray.copyOf(fractions);
    }
}
