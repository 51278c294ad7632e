package dev.patchscopes.lens.future;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;

/**
 * An affine map of low rank from a state h to the logits W_U (A h + b) + b_U, by what stands before
 * the model's unembedding W_U there.
 *
 * <p>Holds {@code r (d_embed + d_model) + d_embed} numbers of 8 bytes; W_U A, d_vocab times d_model
 * of them, is never made.
 *
 * @param matrix A {@code [d_embed, d_model]}, as its factors
 * @param bias b {@code [d_embed]}
 */
public record VocabularyMap(LowRank matrix, ImmutableDoubleArray bias) {

    /**
     * Checks that the parts fit each other.
     *
     * @param matrix A {@code [d_embed, d_model]}, as its factors
     * @param bias b {@code [d_embed]}
     * @throws IllegalArgumentException if the bias has another length than A has rows
     */
    public VocabularyMap {
        checkArgument(
                bias.length() == matrix.rows(),
                "the bias has %s values, expected %s, one for each row of the %s",
                bias.length(),
                matrix.rows(),
                matrix);
    }

    /** {@return r, the most directions of h that logits depend on} */
    public int rank() {
        return matrix.rank();
    }

    /**
     * Applies the map to states.
     *
     * @param states H {@code [row, d_model]}
     * @return H A^T + b {@code [row, d_embed]}, as {@link
     *     dev.patchscopes.model.Readout#ofNormalized} reads it
     * @throws IllegalArgumentException if the states have another width
     */
    public Matrix applyToRows(Matrix states) {
        Matrix linear = states.times(matrix.right()).times(matrix.left().transposed());
        double[] values = linear.values();
        for (int i = 0; i < values.length; i++) {
            values[i] += bias.get(i % bias.length());
        }
        return Matrix.of(linear.rows(), linear.columns(), values);
    }

    /** {@return widths and rank} */
    @Override
    public String toString() {
        return "VocabularyMap[%s]".formatted(matrix);
    }
}
