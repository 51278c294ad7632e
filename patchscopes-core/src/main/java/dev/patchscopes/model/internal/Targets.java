package dev.patchscopes.model.internal;

import java.util.Arrays;

/**
 * Rows of tokens as a pass reads them, and the predictions that count.
 *
 * @param rows number of rows
 * @param columns positions of a row: all but the longest row's last token
 * @param inputs ids [row * columns], zero where a row has ended
 * @param positions of each prediction, the index of the position it is made at
 * @param ids of each prediction, the token that follows
 * @param weights of each prediction, how much it counts; never zero
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle, never compared
record Targets(
        int rows, int columns, long[] inputs, long[] positions, long[] ids, double[] weights) {

    static Targets of(int[][] tokens, float[][] weights) {
        int rows = tokens.length;
        int columns = Arrays.stream(tokens).mapToInt(row -> row.length - 1).max().orElse(0);
        long[] inputs = new long[rows * columns];
        long[] positions = new long[rows * columns];
        long[] ids = new long[rows * columns];
        double[] counts = new double[rows * columns];
        int found = 0;
        for (int row = 0; row < rows; row++) {
            for (int c = 0; c + 1 < tokens[row].length; c++) {
                inputs[row * columns + c] = tokens[row][c];
                if (weights[row][c + 1] != 0) {
                    positions[found] = (long) row * columns + c;
                    ids[found] = tokens[row][c + 1];
                    counts[found] = weights[row][c + 1];
                    found++;
                }
            }
        }
        return new Targets(
                rows,
                columns,
                inputs,
                Arrays.copyOf(positions, found),
                Arrays.copyOf(ids, found),
                Arrays.copyOf(counts, found));
    }

    /** Number of predictions that count. */
    int count() {
        return ids.length;
    }
}
