package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableMap;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.linear.Matrix;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The simpler maps that a linear relation is measured against, at one layer.
 *
 * @param examples what was read of the examples
 */
record Baselines(List<SubjectStates> examples, int layer) {

    /** h + mean(z - h). */
    UnaryOperator<double[]> translation() {
        double[] shift = mean(SubjectStates::object);
        double[] h = mean(s -> s.at(layer));
        for (int i = 0; i < shift.length; i++) {
            shift[i] -= h[i];
        }
        return x -> RelationEdit.plus(x, shift);
    }

    /**
     * h + c, with c half as long as the examples' h on the mean.
     *
     * @param rows rows of the unembedding
     */
    UnaryOperator<double[]> corner(ImmutableMap<Integer, double[]> rows) {
        double[] corner = new double[examples.get(0).object().length];
        for (double[] row : rows.values()) {
            add(corner, 1 / norm(row), row);
        }
        double length =
                examples.stream().mapToDouble(s -> norm(s.at(layer))).average().orElseThrow() / 2;
        double[] scaled = scaledTo(corner, length);
        return x -> RelationEdit.plus(x, scaled);
    }

    /**
     * The affine map of ridge regression. With n examples it is found in their n dimensions: z =
     * mean z + Zc^T (Hc Hc^T + penalty I)^-1 Hc (h - mean h).
     *
     * @param share penalty as a share of the mean squared length of the rows of Hc
     */
    UnaryOperator<double[]> ridge(double share) {
        int n = examples.size();
        double[] meanH = mean(s -> s.at(layer));
        double[] meanZ = mean(SubjectStates::object);
        double[][] h = new double[n][];
        double[][] z = new double[n][];
        double squares = 0;
        for (int j = 0; j < n; j++) {
            h[j] = minus(examples.get(j).at(layer), meanH);
            z[j] = minus(examples.get(j).object(), meanZ);
            squares += norm(h[j]) * norm(h[j]);
        }
        if (squares == 0) {
            return x -> meanZ.clone(); // all examples look alike here
        }
        Matrix hc = Matrix.ofRows(h); // [n, d_model]
        Matrix gram =
                hc.times(hc.transposed()).plus(Matrix.identity(n).scaled(share * squares / n));
        Matrix solved = gram.solvePositiveDefinite(Matrix.ofRows(z)); // [n, d_model]
        LowRank map = new LowRank(solved.transposed(), hc.transposed()); // [d_model, d_model]
        return x -> RelationEdit.plus(map.times(minus(x, meanH)), meanZ);
    }

    private double[] mean(Function<SubjectStates, double[]> part) {
        double[] mean = new double[part.apply(examples.get(0)).length];
        for (SubjectStates one : examples) {
            add(mean, 1.0 / examples.size(), part.apply(one));
        }
        return mean;
    }

    private static void add(double[] to, double factor, double[] values) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * values[i];
        }
    }

    static double[] minus(double[] a, double[] b) {
        double[] out = a.clone();
        add(out, -1, b);
        return out;
    }

    static double norm(double[] x) {
        double sum = 0;
        for (double v : x) {
            sum += v * v;
        }
        return Math.sqrt(sum);
    }

    /** In the direction of x, unless x is zero. */
    static double[] scaledTo(double[] x, double length) {
        double norm = norm(x);
        double[] out = new double[x.length];
        if (norm > 0) {
            add(out, length / norm, x);
        }
        return out;
    }
}
