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
        NDArray log = Tensors.slice(logProbabilities, 0, from, to);
        try {
            return new TeacherRows(log, Tensors.slice(probabilities, 0, from, to));
        } catch (RuntimeException | Error e) {
            log.close();
            throw e;
        }
    }

    void close() {
        logProbabilities.close();
        probabilities.close();
    }
}
