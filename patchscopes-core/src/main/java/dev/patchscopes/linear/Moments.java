package dev.patchscopes.linear;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.patchscopes.model.internal.MomentSums;
import java.util.List;
import java.util.Optional;

/**
 * What fits affine maps y = A x + b to pairs of states in closed form, summed while the states go
 * by: their number, their means, and the products Xc^T Xc and Xc^T Yc of what is left of them
 * without the means.
 *
 * <pre>{@code
 * try (Moments moments = Moments.of(model.width(), model.width())) {
 *     moments.add(hidden, last);                                     // [row, d_model] each
 *     AffineMap lens = moments.residualRidge(moments.relativePenalty(1e-3));
 *     double error = moments.meanSquaredError(lens);
 * }
 * }</pre>
 *
 * <p>Sums are kept in float64 whatever the type of the states, in native memory on the device of
 * the first ones added: 8 in (in + out) bytes, which is 420 MB for a width of 5,120. They are
 * released by {@link #close()}. Rows cost least when many are added at once, a thousand or more.
 * Where memory runs out in the middle of an addition, {@link
 * dev.patchscopes.model.MemoryException}, the sums may hold part of it: they then refuse everything
 * but {@link #close()}.
 *
 * <p>Every penalty is the lambda of
 *
 * <pre>
 *     sum over rows |y - A x - b|^2  +  lambda |A|^2      (A - I in the place of A: residual ridge)
 * </pre>
 *
 * <p>that is, it stands beside a sum, not a mean, is added to the diagonal of Xc^T Xc as it is, and
 * leaves b free. Twice the rows therefore need twice the penalty for the same effect; {@link
 * #relativePenalty} takes care of that.
 *
 * <p>Not for several threads at once: give each its own and {@link #merge} them.
 */
public final class Moments implements AutoCloseable {
    private final int inputWidth;
    private final int outputWidth;
    private Optional<MomentSums> sums = Optional.empty();
    private boolean closed;

    private Moments(int inputWidth, int outputWidth) {
        this.inputWidth = inputWidth;
        this.outputWidth = outputWidth;
    }

    /**
     * Moments of nothing yet.
     *
     * @param inputWidth width of x, at least 1
     * @param outputWidth width of y, at least 1
     * @return the moments, to be closed
     */
    public static Moments of(int inputWidth, int outputWidth) {
        checkArgument(
                inputWidth > 0 && outputWidth > 0,
                "states have at least one value, and widths of %s and %s were asked for",
                inputWidth,
                outputWidth);
        return new Moments(inputWidth, outputWidth);
    }

    /** {@return the width of x} */
    public int inputWidth() {
        return inputWidth;
    }

    /** {@return the width of y} */
    public int outputWidth() {
        return outputWidth;
    }

    /** {@return how many pairs were added} */
    public long rows() {
        return sums.map(MomentSums::rows).orElse(0L);
    }

    // ---- summing --------------------------------------------------------------------------------

    /**
     * Adds pairs of states, which stay the caller's.
     *
     * @param x [row, in], of any floating type, on any device
     * @param y [row, out], likewise
     * @throws IllegalArgumentException if a shape is another, or a number is not finite; nothing
     *     has been added then
     */
    public void add(NDArray x, NDArray y) {
        checkArgument(
                x.getShape().dimension() == 2 && x.getShape().get(1) == inputWidth,
                "x has the shape %s, expected [row, %s]",
                x.getShape(),
                inputWidth);
        checkArgument(
                y.getShape().dimension() == 2 && y.getShape().get(1) == outputWidth,
                "y has the shape %s, expected [row, %s]",
                y.getShape(),
                outputWidth);
        checkArgument(
                x.getDataType().isFloating() && y.getDataType().isFloating(),
                "states are of a floating type, and x is %s and y is %s",
                x.getDataType(),
                y.getDataType());
        checkCounts(x.getShape().get(0), y.getShape().get(0));
        on(x.getDevice()).add(x, y);
    }

    /**
     * Adds pairs of states.
     *
     * @param x X [row, in]
     * @param y Y [row, out]
     * @throws IllegalArgumentException if a size is another; nothing has been added then
     */
    public void add(Matrix x, Matrix y) {
        checkWidth("x", x.columns(), inputWidth);
        checkWidth("y", y.columns(), outputWidth);
        checkCounts(x.rows(), y.rows());
        on(Device.cpu()).add(x.dense(), y.dense());
    }

    /**
     * Adds pairs of states.
     *
     * @param x [row][in]
     * @param y [row][out]
     * @throws IllegalArgumentException if a size is another, or a number is not finite; nothing has
     *     been added then
     */
    public void add(double[][] x, double[][] y) {
        checkCounts(x.length, y.length);
        if (x.length > 0) {
            add(Matrix.ofRows(x), Matrix.ofRows(y));
        }
    }

    /**
     * Adds pairs of states.
     *
     * @param x [row][in]
     * @param y [row][out]
     * @throws IllegalArgumentException if a size is another, or a number is not finite; nothing has
     *     been added then
     */
    public void add(float[][] x, float[][] y) {
        add(doubles(x), doubles(y));
    }

    private static double[][] doubles(float[][] rows) {
        double[][] out = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            out[i] = new double[rows[i].length];
            for (int j = 0; j < rows[i].length; j++) {
                out[i][j] = rows[i][j];
            }
        }
        return out;
    }

    /**
     * Adds all pairs that other moments hold. Those keep them, and are the caller's to close.
     *
     * @param other moments of the same widths
     * @throws IllegalArgumentException if they have other widths
     */
    public void merge(Moments other) {
        checkArgument(other != this, "moments cannot be merged with themselves");
        checkWidth("x of the other moments", other.inputWidth, inputWidth);
        checkWidth("y of the other moments", other.outputWidth, outputWidth);
        checkState(!other.closed, "the other moments are closed");
        other.sums.ifPresent(MomentSums::checkWhole);
        other.sums.ifPresent(theirs -> on(theirs.device()).add(theirs));
    }

    private MomentSums on(Device device) {
        checkState(!closed, "the moments are closed");
        MomentSums open = sums.orElseGet(() -> MomentSums.of(device, inputWidth, outputWidth));
        open.checkWhole();
        sums = Optional.of(open);
        return open;
    }

    private static void checkWidth(String name, int width, int expected) {
        checkArgument(
                width == expected, "%s has a width of %s, expected %s", name, width, expected);
    }

    private static void checkCounts(long x, long y) {
        checkArgument(x == y, "there are %s rows of x and %s of y; they make pairs", x, y);
    }

    // ---- reading --------------------------------------------------------------------------------

    private MomentSums filled() {
        checkState(!closed, "the moments are closed");
        checkState(
                rows() > 0, "no states were added to the moments, so nothing can be said of them");
        MomentSums held = sums.orElseThrow();
        held.checkWhole();
        return held;
    }

    /**
     * The mean of x.
     *
     * @return a new array [in]
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public double[] meanX() {
        return filled().meanX().clone();
    }

    /**
     * The mean of y.
     *
     * @return a new array [out]
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public double[] meanY() {
        return filled().meanY().clone();
    }

    /**
     * Xc^T Xc, the covariance of x times the number of rows.
     *
     * @return [in, in], copied
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public Matrix gram() {
        return Matrix.of(filled().xx());
    }

    /**
     * Xc^T Yc.
     *
     * @return [in, out], copied
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public Matrix cross() {
        return Matrix.of(filled().xy());
    }

    /**
     * The mean over rows of the squared distance of y from its mean: the error of the best
     * constant.
     *
     * @return the sum of the variances of the coordinates of y
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public double variance() {
        return filled().yy() / rows();
    }

    /**
     * The penalty that is a fraction of what it is added to.
     *
     * @param fraction not negative
     * @return fraction times the mean of the diagonal of Xc^T Xc
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public double relativePenalty(double fraction) {
        checkPenalty(fraction);
        return fraction * filled().trace() / inputWidth;
    }

    /**
     * The mean over rows of |y - A x - b|^2, summed over the coordinates of y, from the moments
     * alone. Its rounding is 1e-16 of the {@link #variance()} of y and of A x, not of the error.
     *
     * @param map any map of these widths, wherever it was fitted
     * @return the error on the rows that were added
     * @throws IllegalArgumentException if the map has other widths
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public double meanSquaredError(AffineMap map) {
        checkWidth("the input of the map", map.inputWidth(), inputWidth);
        checkWidth("the output of the map", map.outputWidth(), outputWidth);
        MomentSums held = filled();
        double[] traces = held.traces(map.matrix().dense());
        double centred = held.yy() - 2 * traces[1] + traces[0];
        double[] missed = map.apply(held.meanX());
        double shift = 0;
        for (int i = 0; i < missed.length; i++) {
            double difference = held.meanY()[i] - missed[i];
            shift += difference * difference;
        }
        return Math.max(0, centred) / held.rows() + shift;
    }

    // ---- fitting --------------------------------------------------------------------------------

    /**
     * Ridge regression of y on x.
     *
     * @param penalty lambda as stated above, not negative; 0 gives least squares
     * @return the map with the least penalised error
     * @throws IllegalArgumentException if the penalty is negative or not finite, or 0 with no more
     *     rows than columns, which fit exactly in many ways
     * @throws SingularMatrixException if a column of x is, to float64, a combination of others, and
     *     the penalty does not make up for it
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public AffineMap ridge(double penalty) {
        return fitted(penalty, false);
    }

    /**
     * Ridge regression of y on x for several penalties.
     *
     * @param penalties as for {@link #ridge(double)}
     * @return one map a penalty, in their order
     */
    public List<AffineMap> ridge(List<Double> penalties) {
        return penalties.stream().map(this::ridge).toList();
    }

    /**
     * Ridge regression of y - x on x: the penalty draws A towards the identity, as the weight decay
     * of a tuned lens does. A large one leaves y = x + mean(y - x).
     *
     * @param penalty lambda as stated above, not negative
     * @return the map with the least penalised error, identity included: it gives y, not y - x
     * @throws IllegalArgumentException if x and y differ in width, and as {@link #ridge(double)}
     * @throws SingularMatrixException as {@link #ridge(double)}
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public AffineMap residualRidge(double penalty) {
        checkSameWidths();
        return fitted(penalty, true);
    }

    /**
     * The same for several penalties.
     *
     * @param penalties as for {@link #residualRidge(double)}
     * @return one map a penalty, in their order
     */
    public List<AffineMap> residualRidge(List<Double> penalties) {
        return penalties.stream().map(this::residualRidge).toList();
    }

    /**
     * Reduced-rank ridge regression: the best map whose matrix has at most a rank (Mukherjee and
     * Zhu 2011, Reduced rank ridge regression).
     *
     * @param rank at least 1, at most the narrower width
     * @param penalty lambda as stated above, not negative
     * @return the map; {@code matrix().svd().truncated(rank)} has its factors
     * @throws IllegalArgumentException if the rank is another, and as {@link #ridge(double)}
     * @throws SingularMatrixException as {@link #ridge(double)}
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public AffineMap reducedRank(int rank, double penalty) {
        int most = Math.min(inputWidth, outputWidth);
        checkArgument(1 <= rank && rank <= most, "rank %s is not in 1..%s", rank, most);
        Matrix full = ridge(penalty).matrix(); // [out, in]
        Matrix fit = full.times(cross()); // [out, out], symmetric but for rounding
        Matrix symmetric = fit.plus(fit.transposed()).scaled(0.5);
        Matrix directions =
                SymmetricEigen.of(symmetric).vectors().columns(outputWidth - rank, outputWidth);
        return through(directions.times(directions.transposedTimes(full)));
    }

    /**
     * The orthogonal map that takes x nearest to y, about the means: a rotation, or a rotation and
     * a reflection (Schoenemann 1966, A generalized solution of the orthogonal Procrustes problem).
     *
     * @return y = R (x - mean(x)) + mean(y), with R^T R = I
     * @throws IllegalArgumentException if x and y differ in width
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public AffineMap procrustes() {
        return through(rotation(cross().svd()));
    }

    /**
     * {@link #procrustes()} with the scale that fits best.
     *
     * @return y = c R (x - mean(x)) + mean(y), with R^T R = I and c not negative
     * @throws IllegalArgumentException if x and y differ in width
     * @throws SingularMatrixException if all x are the same
     * @throws IllegalStateException if no states were added, or the moments are closed
     */
    public AffineMap scaledProcrustes() {
        Svd svd = cross().svd();
        double sum = 0;
        for (double value : svd.singularValues()) {
            sum += value;
        }
        double trace = filled().trace();
        if (!(trace > 0)) {
            throw new SingularMatrixException("all x are the same, so that no scale fits best");
        }
        return through(rotation(svd).scaled(sum / trace));
    }

    private Matrix rotation(Svd cross) {
        checkSameWidths();
        return cross.v().times(cross.u().transposed()); // Xc^T Yc = U S V^T, R = V U^T
    }

    private void checkSameWidths() {
        checkArgument(
                inputWidth == outputWidth,
                "x and y must have one width, and have %s and %s",
                inputWidth,
                outputWidth);
    }

    private AffineMap fitted(double penalty, boolean residual) {
        checkPenalty(penalty);
        MomentSums held = filled();
        checkArgument(
                penalty > 0 || held.rows() > inputWidth,
                "%s rows do not determine a map of %s columns; add more rows than columns, or give"
                        + " a penalty above 0",
                held.rows(),
                inputWidth);
        MomentSums.Solution solution = held.ridge(penalty, residual);
        boolean singular =
                solution.failed() > 0
                        || !(solution.pivot() > rounding(held.rows()))
                        || (penalty == 0 && hasConstant(solution.diagonal().values()));
        if (singular) {
            throw new SingularMatrixException(
                    ("a column of x is constant or a combination of others to the accuracy of"
                                    + " float64, for a penalty of %s; give a larger one, such as"
                                    + " relativePenalty(1e-6)")
                            .formatted(penalty));
        }
        Matrix map = Matrix.of(solution.map());
        return through(residual ? map.plus(Matrix.identity(inputWidth)) : map);
    }

    /**
     * What rounding leaves of a pivot that is 0: of the factorisation, and of the sums before it.
     */
    private double rounding(long rows) {
        return (inputWidth + 4 * Math.sqrt((double) rows)) * Math.ulp(1.0);
    }

    /** Whether what a column varies by is no more than the rounding of its mean. */
    private boolean hasConstant(double[] diagonal) {
        double[] mean = filled().meanX();
        for (int i = 0; i < mean.length; i++) {
            double rounding = 64 * Math.ulp(mean[i]);
            if (diagonal[i] <= rows() * rounding * rounding) {
                return true;
            }
        }
        return false;
    }

    /** The map with this matrix that takes the mean of x to the mean of y. */
    private AffineMap through(Matrix matrix) {
        double[] bias = meanY();
        Vectors.addTo(bias, 0, -1, matrix.times(filled().meanX()), 0, outputWidth);
        return AffineMap.of(matrix, bias);
    }

    private static void checkPenalty(double penalty) {
        checkArgument(
                penalty >= 0 && Double.isFinite(penalty),
                "a penalty is finite and not negative, and %s was given",
                penalty);
    }

    /** Releases the sums; a second call does nothing. */
    @Override
    public void close() {
        closed = true;
        sums.ifPresent(MomentSums::close);
        sums = Optional.empty();
    }

    @Override
    public String toString() {
        return "moments of %d pairs of states, %d to %d wide"
                .formatted(rows(), inputWidth, outputWidth);
    }
}
