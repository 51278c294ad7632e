package dev.patchscopes.linear;

import java.util.Random;

/** Linear algebra by the definition, in loops: slow, short and independent of what is tested. */
final class Oracle {
    private Oracle() {}

    static Matrix random(Random random, int rows, int columns) {
        double[] values = new double[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextGaussian();
        }
        return Matrix.of(rows, columns, values);
    }

    /**
     * A random square matrix whose condition number is below 100: errors of a fit grow with its
     * square, and what is bounded are not those of the draw.
     */
    static Matrix conditioned(Random random, int size) {
        while (true) {
            Matrix matrix = random(random, size, size);
            Svd svd = matrix.svd();
            if (svd.singularValue(0) < 100 * svd.singularValue(size - 1)) {
                return matrix;
            }
        }
    }

    static double[] vector(Random random, int length) {
        return random(random, 1, length).row(0);
    }

    static Matrix product(Matrix a, Matrix b) {
        double[][] out = new double[a.rows()][b.columns()];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < b.columns(); j++) {
                for (int k = 0; k < a.columns(); k++) {
                    out[i][j] += a.get(i, k) * b.get(k, j);
                }
            }
        }
        return Matrix.ofRows(out);
    }

    /** A X = B by Gaussian elimination with pivots. */
    static Matrix solve(Matrix a, Matrix b) {
        int n = a.rows();
        double[][] left = a.toArray();
        double[][] right = b.toArray();
        for (int c = 0; c < n; c++) {
            int pivot = c;
            for (int r = c + 1; r < n; r++) {
                pivot = Math.abs(left[r][c]) > Math.abs(left[pivot][c]) ? r : pivot;
            }
            swap(left, c, pivot);
            swap(right, c, pivot);
            for (int r = 0; r < n; r++) {
                if (r != c) {
                    double factor = left[r][c] / left[c][c];
                    subtract(left[r], left[c], factor);
                    subtract(right[r], right[c], factor);
                }
            }
        }
        for (int r = 0; r < n; r++) {
            for (int k = 0; k < right[r].length; k++) {
                right[r][k] /= left[r][r];
            }
        }
        return Matrix.ofRows(right);
    }

    private static void swap(double[][] rows, int a, int b) {
        double[] row = rows[a];
        rows[a] = rows[b];
        rows[b] = row;
    }

    private static void subtract(double[] from, double[] row, double factor) {
        for (int i = 0; i < from.length; i++) {
            from[i] -= factor * row[i];
        }
    }

    /**
     * Ridge regression from the normal equations of X with a column of ones, whose coefficient the
     * penalty leaves alone.
     */
    static AffineMap ridge(Matrix x, Matrix y, double penalty) {
        int in = x.columns();
        double[][] augmented = new double[x.rows()][in + 1];
        for (int i = 0; i < x.rows(); i++) {
            System.arraycopy(x.row(i), 0, augmented[i], 0, in);
            augmented[i][in] = 1;
        }
        Matrix z = Matrix.ofRows(augmented);
        double[] diagonal = new double[in + 1];
        java.util.Arrays.fill(diagonal, 0, in, penalty);
        Matrix gram = product(z.transposed(), z).plus(Matrix.diagonal(diagonal));
        Matrix solution = solve(gram, product(z.transposed(), y)); // [in + 1, out]
        double[][] map = new double[y.columns()][];
        for (int j = 0; j < map.length; j++) {
            map[j] = java.util.Arrays.copyOf(solution.column(j), in);
        }
        return AffineMap.of(Matrix.ofRows(map), solution.row(in));
    }

    /** The mean over rows of |y - map(x)|^2. */
    static double error(AffineMap map, Matrix x, Matrix y) {
        double sum = 0;
        for (int i = 0; i < x.rows(); i++) {
            double[] given = map.apply(x.row(i));
            for (int j = 0; j < given.length; j++) {
                sum += Math.pow(y.get(i, j) - given[j], 2);
            }
        }
        return sum / x.rows();
    }

    /** sum |y - A x - b|^2 + penalty |A|^2, which ridge regression makes smallest. */
    static double objective(AffineMap map, Matrix x, Matrix y, double penalty) {
        return error(map, x, y) * x.rows() + penalty * Math.pow(map.matrix().norm(), 2);
    }
}
