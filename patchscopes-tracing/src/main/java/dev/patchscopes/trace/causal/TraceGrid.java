package dev.patchscopes.trace.causal;

import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.collect.ImmutableList;

/**
 * The answer's metric with one thing restored, for every row (layer k = 0..L of residual kinds,
 * block 0..L-1 of others) and token.
 *
 * @param kind what is restored
 * @param window blocks around the centre in which it is; 1 of residual kinds
 * @param copies the metric in each corrupted copy, [row, token, copy]
 */
public record TraceGrid(
        TraceKind kind, int window, ImmutableList<ImmutableList<ImmutableList<Double>>> copies) {

    /** {@return number of layers or blocks} */
    public int rows() {
        return copies.size();
    }

    /** {@return number of tokens} */
    public int tokens() {
        return copies.get(0).size();
    }

    /**
     * The metric in each copy.
     *
     * @param row layer or block
     * @param token index of the token
     * @return a number a copy
     * @throws IndexOutOfBoundsException if there is no such cell
     */
    public ImmutableList<Double> each(int row, int token) {
        String rowName = kind.isResidual() ? "layer" : "block";
        return copies.get(checkElementIndex(row, rows(), rowName))
                .get(checkElementIndex(token, tokens(), "token"));
    }

    /**
     * The mean over copies.
     *
     * @param row layer or block
     * @param token index of the token
     * @return the mean
     * @throws IndexOutOfBoundsException if there is no such cell
     */
    public double value(int row, int token) {
        return mean(each(row, token));
    }

    /** The mean of copies; of equal numbers exactly that number. */
    static double mean(ImmutableList<Double> each) {
        Double first = each.get(0);
        return each.stream().allMatch(first::equals)
                ? first
                : each.stream().mapToDouble(v -> v).sum() / each.size();
    }

    /** {@return kind and size} */
    @Override
    public String toString() {
        return "TraceGrid[%s, %d x %d]".formatted(kind.label(), rows(), tokens());
    }
}
