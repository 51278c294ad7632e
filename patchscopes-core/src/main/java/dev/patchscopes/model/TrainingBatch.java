package dev.patchscopes.model;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;

/**
 * Rows of tokens to learn from. The arrays are not copied: leave them alone.
 *
 * @param tokens rows of ids, of any lengths
 * @param weights per row and token, how much it counts to predict it from those before; the first
 *     token of a row is not predicted
 * @param attending per row, how many of the lowest blocks attend; in those above, the row's heads
 *     add nothing to the residual stream. A model that is now and then trained so gathers early
 *     what it needs, and works it out position by position
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
public record TrainingBatch(int[][] tokens, float[][] weights, int[] attending) {

    /**
     * Checks shapes and ids.
     *
     * @param tokens rows of ids
     * @param weights per row and token
     * @param attending per row, how many of the lowest blocks attend
     * @throws IllegalArgumentException if there are no rows, or weights do not fit, or an id is
     *     negative
     */
    public TrainingBatch {
        checkArgument(tokens.length > 0, "a batch has at least one row");
        checkArgument(tokens.length == weights.length, "each row of tokens needs its weights");
        checkArgument(
                tokens.length == attending.length,
                "each row of tokens needs its number of attending blocks");
        for (int row = 0; row < tokens.length; row++) {
            checkArgument(tokens[row].length > 0, "row %s has no tokens", row);
            checkArgument(
                    tokens[row].length == weights[row].length,
                    "row %s has %s tokens and %s weights",
                    row,
                    tokens[row].length,
                    weights[row].length);
            for (int id : tokens[row]) {
                checkArgument(id >= 0, "token %s is negative", id);
            }
        }
    }

    /**
     * Rows in which every block attends.
     *
     * @param tokens rows of ids
     * @param weights per row and token
     * @throws IllegalArgumentException if there are no rows, or weights do not fit, or an id is
     *     negative
     */
    public TrainingBatch(int[][] tokens, float[][] weights) {
        this(tokens, weights, all(tokens.length));
    }

    private static int[] all(int rows) {
        int[] attending = new int[rows];
        Arrays.fill(attending, Integer.MAX_VALUE);
        return attending;
    }

    /**
     * Rows in which every token counts the same.
     *
     * @param tokens rows of ids
     * @return the batch
     */
    public static TrainingBatch of(int[][] tokens) {
        float[][] weights = new float[tokens.length][];
        for (int row = 0; row < tokens.length; row++) {
            weights[row] = new float[tokens[row].length];
            Arrays.fill(weights[row], 1);
        }
        return new TrainingBatch(tokens, weights);
    }

    /** {@return number of tokens in all rows} */
    public int count() {
        return Arrays.stream(tokens).mapToInt(row -> row.length).sum();
    }

    /** {@return sum of the weights of all tokens but each row's first} */
    public double weight() {
        double sum = 0;
        for (float[] row : weights) {
            for (int i = 1; i < row.length; i++) {
                sum += row[i];
            }
        }
        return sum;
    }

    int longest() {
        return Arrays.stream(tokens).mapToInt(row -> row.length).max().orElse(0);
    }

    int largestId() {
        return Arrays.stream(tokens).flatMapToInt(Arrays::stream).max().orElse(0);
    }
}
