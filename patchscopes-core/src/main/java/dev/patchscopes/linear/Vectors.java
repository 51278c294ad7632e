package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;

import dev.patchscopes.model.MemoryAdvice;

/** The arrays that matrices are made of, and loops over them. */
final class Vectors {
    private Vectors() {}

    /** A new array for a matrix. */
    static double[] zeros(int rows, int columns) {
        return advice(rows, columns).get(() -> new double[Math.multiplyExact(rows, columns)]);
    }

    /** A matrix's array once more. */
    static double[] copy(int rows, int columns, double[] values) {
        return advice(rows, columns).get(values::clone);
    }

    private static MemoryAdvice advice(int rows, int columns) {
        return MemoryAdvice.of(
                () -> "a matrix of %d x %d".formatted(rows, columns),
                "take smaller matrices (8 bytes a number)");
    }

    /** The product of a vector with as many numbers of an array; four sums, to keep a CPU busy. */
    static double dot(double[] a, int from, double[] x) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < x.length; i += 4) {
            s0 += a[from + i] * x[i];
            s1 += a[from + i + 1] * x[i + 1];
            s2 += a[from + i + 2] * x[i + 2];
            s3 += a[from + i + 3] * x[i + 3];
        }
        for (; i < x.length; i++) {
            s0 += a[from + i] * x[i];
        }
        return s0 + s1 + (s2 + s3);
    }

    /** out += factor x, for a part of each. */
    static void addTo(double[] out, int at, double factor, double[] x, int from, int count) {
        for (int i = 0; i < count; i++) {
            out[at + i] += factor * x[from + i];
        }
    }

    /** The root of the sum of squares, without overflow. */
    static double norm(double[] values) {
        double scale = largest(values);
        if (scale == 0 || !Double.isFinite(scale)) {
            return scale;
        }
        double sum = 0;
        for (double value : values) {
            double share = value / scale;
            sum += share * share;
        }
        return scale * Math.sqrt(sum);
    }

    /** The largest absolute value; NaN if one is NaN. */
    static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /** Complains of a number that is not finite. */
    static double[] finite(double[] values, String what) {
        for (int i = 0; i < values.length; i++) {
            checkArgument(
                    Double.isFinite(values[i]),
                    "number %s of %s is %s, which is not finite",
                    i,
                    what,
                    values[i]);
        }
        return values;
    }
}
