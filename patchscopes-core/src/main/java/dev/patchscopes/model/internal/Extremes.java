package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;

/**
 * The ends of a tensor's values; both are NaN where any value is.
 *
 * @param smallest smallest value
 * @param greatest greatest value
 */
record Extremes(double smallest, double greatest) {

    /** The ends of a tensor, each found in one reduction. */
    static Extremes of(NDArray x) {
        try (NDArray smallest = Tensors.smallest(x);
                NDArray greatest = Tensors.greatest(x)) {
            return new Extremes(HostArray.of(smallest).get(0), HostArray.of(greatest).get(0));
        }
    }

    /** Whether all values are finite. */
    boolean areFinite() {
        return Double.isFinite(smallest) && Double.isFinite(greatest);
    }

    /** The largest magnitude. */
    double largest() {
        return Math.max(Math.abs(smallest), Math.abs(greatest));
    }
}
