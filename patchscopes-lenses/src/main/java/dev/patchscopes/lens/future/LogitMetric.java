package dev.patchscopes.lens.future;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.linear.SymmetricEigen;
import dev.patchscopes.model.HookedModel;
import java.util.Arrays;

/**
 * Coordinates of normalized states n in which squared distances are those of their logits about
 * their mean over the vocabulary: R n with R^T R = W_U^T C W_U, C the centring over the vocabulary.
 *
 * @param root R {@code [d_embed, d_embed]}
 * @param inverse of R
 */
record LogitMetric(Matrix root, Matrix inverse) {

    /**
     * Share of the largest eigenvalue that each counts as at least. Along directions of smaller
     * ones n moves all logits alike, or none, so that any weight will do; this one leaves R an
     * inverse, and with it the mean of n, which a soft-cap depends on.
     */
    private static final double FLOOR = 1e-12;

    static LogitMetric of(HookedModel model) {
        SymmetricEigen eigen = gram(model).symmetricEigen();
        double[] values = eigen.values(); // ascending
        double least = FLOOR * values[values.length - 1];
        double[] roots = Arrays.stream(values).map(v -> Math.sqrt(Math.max(v, least))).toArray();
        double[] inverses = Arrays.stream(roots).map(root -> 1 / root).toArray();
        Matrix vectors = eigen.vectors();
        return new LogitMetric(
                Matrix.diagonal(roots).times(vectors.transposed()),
                vectors.times(Matrix.diagonal(inverses)));
    }

    /** W_U^T C W_U [d_embed, d_embed]: the moments of the rows of W_U. */
    private static Matrix gram(HookedModel model) {
        try (NDManager scope = NDManager.newBaseManager(model.device(), "PyTorch")) {
            NDArray rows = model.readout().unembedding(scope); // [d_vocab, d_embed]
            NDArray none = scope.zeros(new Shape(rows.getShape().get(0), 1));
            try (Moments moments = Moments.of((int) rows.getShape().get(1), 1)) {
                moments.add(rows, none);
                return moments.gram();
            }
        }
    }

    int width() {
        return root.rows();
    }

    /** R n of each row [row, d_embed], in float64; to be closed. */
    NDArray apply(NDArray normalized) {
        try (NDManager scope = normalized.getManager().newSubManager();
                NDArray wide = normalized.toType(DataType.FLOAT64, true)) {
            NDArray transposed = LastStates.tensor(scope, root.transposed());
            NDArray out = wide.matMul(transposed);
            out.attach(normalized.getManager());
            return out;
        }
    }

    /** A map from states to R n as one to n, by factors of at most some rank. */
    VocabularyMap back(AffineMap map, int rank) {
        LowRank factors = map.matrix().svd().truncated(rank);
        return new VocabularyMap(
                new LowRank(inverse.times(factors.left()), factors.right()),
                ImmutableDoubleArray.copyOf(inverse.times(map.bias())));
    }
}
