package dev.patchscopes.model;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableDoubleArray;

/**
 * How far states read from what the model itself says, and which way is closer.
 *
 * @param rows KL(teacher || state) of each row, in nats
 * @param gradient derivative of the sum of {@code rows} with respect to the states {@code [row,
 *     d_model]}; belongs to the manager of the states it was computed for
 */
public record Divergence(ImmutableDoubleArray rows, NDArray gradient) {

    /** {@return sum over the rows, in nats} */
    public double sum() {
        return rows.stream().sum();
    }

    /** {@return mean over the rows, in nats} */
    @Override
    public String toString() {
        return "Divergence[mean %.4f nats, %d rows]"
                .formatted(sum() / rows.length(), rows.length());
    }
}
