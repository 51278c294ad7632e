package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;

/**
 * Distributions that others are compared with.
 *
 * @param logProbabilities [row, d_vocab], float32 at least
 * @param probabilities the same, not in logarithms
 */
public record TeacherRows(NDArray logProbabilities, NDArray probabilities) {

    /** {@return number of distributions} */
    public int rows() {
        return Math.toIntExact(logProbabilities.getShape().get(0));
    }

    /**
     * Chooses some.
     *
     * @param from first row
     * @param to row after the last
     * @return views, in the manager of these
     */
    public TeacherRows slice(long from, long to) {
        return new TeacherRows(
                Tensors.slice(logProbabilities, 0, from, to),
                Tensors.slice(probabilities, 0, from, to));
    }

    void close() {
        logProbabilities.close();
        probabilities.close();
    }
}
