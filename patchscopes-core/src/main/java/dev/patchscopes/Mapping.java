package dev.patchscopes;

import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * The function f of a patchscope: what happens to a representation between source and target.
 *
 * <p>Works in float64. Immutable, and safe for use by several threads as long as the functions it
 * was made {@link #of(String, UnaryOperator) of} are.
 *
 * <pre>{@code
 * Mapping.identity();
 * Mapping.affine(matrix, bias);                                    // A h + b
 * Mapping.of("negated", h -> Arrays.stream(h).map(x -> -x).toArray())
 *     .andThen(Mapping.affine(matrix, bias));
 * }</pre>
 */
public sealed interface Mapping
        permits IdentityMapping, AffineMapping, FunctionMapping, ComposedMapping {

    /**
     * The mapping that changes nothing.
     *
     * @return f(h) = h
     */
    static Mapping identity() {
        return IdentityMapping.INSTANCE;
    }

    /**
     * An affine mapping, such as a translator between the layers of two models.
     *
     * @param matrix A [d_out][d_in], copied
     * @param bias b [d_out], copied
     * @return f(h) = A h + b
     * @throws IllegalArgumentException if the matrix is empty or ragged, the bias has another
     *     length, or a number is not finite
     */
    static Mapping affine(double[][] matrix, double[] bias) {
        return AffineMapping.of(matrix, bias);
    }

    /**
     * Any function, called {@code function} in provenance.
     *
     * @param function gets a copy of h [d_in], gives a vector [d_out]
     * @return the mapping
     */
    static Mapping of(UnaryOperator<double[]> function) {
        return of("function", function);
    }

    /**
     * Any function, under a name.
     *
     * @param name what provenance calls it; not blank
     * @param function gets a copy of h [d_in], gives a vector [d_out]
     * @return the mapping
     */
    static Mapping of(String name, UnaryOperator<double[]> function) {
        return new FunctionMapping(name, function);
    }

    /**
     * Maps what this mapping gives.
     *
     * @param next the mapping applied second
     * @return h -> next(this(h))
     * @throws IllegalArgumentException if {@code next} takes another width than this gives
     */
    default Mapping andThen(Mapping next) {
        return ComposedMapping.of(this, next);
    }

    /**
     * Applies the mapping.
     *
     * @param h a representation [d_in]; not changed
     * @return a new array [d_out]
     * @throws IllegalArgumentException if h has another width than {@link #inputWidth()}
     */
    double[] apply(double[] h);

    /**
     * The width of the vectors the mapping takes.
     *
     * @return d_in; empty if any width will do or it is not known
     */
    OptionalInt inputWidth();

    /**
     * The width of what the mapping gives for vectors of a width.
     *
     * @param inputWidth d_in
     * @return d_out; empty if only applying it will tell
     * @throws IllegalArgumentException if the mapping does not take that width
     */
    OptionalInt outputWidth(int inputWidth);

    /**
     * What provenance calls the mapping; for affine mappings with a digest of their numbers.
     *
     * @return for example {@code affine 48 to 64 (9f86d081)}
     */
    String name();
}
