package dev.patchscopes.model;

import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.internal.TeacherRows;

/**
 * The model's own distributions of some rows, which lenses are trained towards; see {@link
 * Readout#teacher}. Computed once, for all layers.
 *
 * <p>Holds two tensors {@code [row, d_vocab]} of native memory: close it. A {@link #slice} ends
 * with what it was cut from.
 */
public final class Teacher implements AutoCloseable {
    private final NDManager manager;
    private final TeacherRows distributions;

    Teacher(NDManager manager, TeacherRows distributions) {
        this.manager = manager;
        this.distributions = distributions;
    }

    /** {@return number of distributions} */
    public int rows() {
        return distributions.rows();
    }

    /**
     * Chooses some of the distributions.
     *
     * @param from first row
     * @param to row after the last
     * @return those rows; closing them leaves this open
     * @throws OutOfRangeException if there are no such rows
     */
    public Teacher slice(int from, int to) {
        if (from < 0 || to > rows() || from >= to) {
            throw new OutOfRangeException(
                    "rows %d..%d are not in 0..%d".formatted(from, to - 1, rows() - 1));
        }
        NDManager own = manager.newSubManager();
        TeacherRows some = distributions.slice(from, to);
        some.logProbabilities().attach(own);
        some.probabilities().attach(own);
        return new Teacher(own, some);
    }

    TeacherRows distributions() {
        return distributions;
    }

    /** Releases the distributions. Closing twice does nothing. */
    @Override
    public void close() {
        manager.close();
    }

    /** {@return how many rows} */
    @Override
    public String toString() {
        return "Teacher[%d rows]".formatted(rows());
    }
}
