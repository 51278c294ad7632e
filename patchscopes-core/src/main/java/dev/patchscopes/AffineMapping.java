package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.OptionalInt;

/**
 * f(h) = A h + b.
 *
 * @param matrix A [d_out, d_in], row-major
 * @param bias b [d_out]
 */
record AffineMapping(ImmutableDoubleArray matrix, ImmutableDoubleArray bias) implements Mapping {

    static AffineMapping of(double[][] matrix, double[] bias) {
        checkArgument(
                matrix.length > 0 && matrix[0].length > 0,
                "the matrix of an affine mapping is empty");
        checkArgument(
                bias.length == matrix.length,
                "the bias has %s values, expected %s, one for each row of the matrix",
                bias.length,
                matrix.length);
        int in = matrix[0].length;
        ImmutableDoubleArray.Builder flat = ImmutableDoubleArray.builder(matrix.length * in);
        for (int row = 0; row < matrix.length; row++) {
            checkArgument(
                    matrix[row].length == in,
                    "row %s of the matrix has %s values, expected %s as in row 0",
                    row,
                    matrix[row].length,
                    in);
            flat.addAll(matrix[row]);
        }
        AffineMapping mapping = new AffineMapping(flat.build(), ImmutableDoubleArray.copyOf(bias));
        checkArgument(
                mapping.matrix.stream().allMatch(Double::isFinite)
                        && mapping.bias.stream().allMatch(Double::isFinite),
                "the affine mapping holds a number that is not finite");
        return mapping;
    }

    private int width() {
        return matrix.length() / bias.length();
    }

    @Override
    public double[] apply(double[] h) {
        checkWidth(h.length);
        double[] out = bias.toArray(); // [d_out]
        for (int row = 0; row < out.length; row++) {
            double sum = 0;
            for (int column = 0; column < h.length; column++) {
                sum += matrix.get(row * h.length + column) * h[column];
            }
            out[row] += sum;
        }
        return out;
    }

    private void checkWidth(int given) {
        checkArgument(
                given == width(),
                "%s takes vectors of %s values, and one of %s was given",
                this,
                width(),
                given);
    }

    @Override
    public OptionalInt inputWidth() {
        return OptionalInt.of(width());
    }

    @Override
    public OptionalInt outputWidth(int inputWidth) {
        checkWidth(inputWidth);
        return OptionalInt.of(bias.length());
    }

    @Override
    public String name() {
        Hasher hasher = Hashing.sha256().newHasher();
        matrix.forEach(hasher::putDouble);
        bias.forEach(hasher::putDouble);
        return "affine %d to %d (%s)"
                .formatted(width(), bias.length(), hasher.hash().toString().substring(0, 8));
    }

    @Override
    public String toString() {
        return name();
    }
}
