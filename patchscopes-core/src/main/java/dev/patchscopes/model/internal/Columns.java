package dev.patchscopes.model.internal;

import java.util.Arrays;

/**
 * The columns of a batch that one pass computes, and what stands in them.
 *
 * <p>Rows of different length share columns through padding; {@code starts} and {@code ends} say
 * which columns of a row hold tokens.
 */
final class Columns {
    private final int[] starts;
    private final int[] ends;
    private final int from;
    private final long[][] positionIds;

    /**
     * @param starts per row, its first column with a token
     * @param ends per row, the column after its last token; {@link Integer#MAX_VALUE} where the row
     *     grows as columns are added
     * @param from first column of the pass; columns before it are the past
     * @param positionIds per row and column of the pass, the position the model is told
     */
    Columns(int[] starts, int[] ends, int from, long[][] positionIds) {
        this.starts = starts;
        this.ends = ends;
        this.from = from;
        this.positionIds = positionIds;
    }

    /** One row of tokens whose positions need not follow each other. */
    static Columns ofRow(long[] positions) {
        return new Columns(new int[1], new int[] {positions.length}, 0, new long[][] {positions});
    }

    /** A row's first column with a token. */
    int start(int row) {
        return starts[row];
    }

    /** The column after a row's last token that the past and the pass hold. */
    int end(int row) {
        return Math.min(ends[row], total());
    }

    /** First column of the pass. */
    int from() {
        return from;
    }

    /** The positions the model is told for a row's columns of the pass. */
    long[] positionIds(int row) {
        return positionIds[row];
    }

    int rows() {
        return starts.length;
    }

    /** Number of columns the pass computes. */
    int count() {
        return positionIds[0].length;
    }

    /** Number of columns keys come from: the past and the pass. */
    int total() {
        return from + count();
    }

    boolean isPadded() {
        for (int row = 0; row < starts.length; row++) {
            if (starts[row] > 0 || ends[row] < total()) {
                return true;
            }
        }
        return false;
    }

    /** Whether a column of a row holds a token rather than padding. */
    boolean isToken(int row, int column) {
        return column >= starts[row] && column < ends[row];
    }

    /**
     * Whether a query may see a key. A padded query sees itself alone, so that its softmax stays
     * finite; nothing reads it.
     *
     * @param window how many columns back a query sees, itself included; 0 is all
     */
    boolean sees(int row, int query, int key, int window) {
        if (!isToken(row, query)) {
            return query == key;
        }
        return key <= query && isToken(row, key) && (window == 0 || query - key < window);
    }

    /**
     * Largest position of a row plus one, the length some rotary scalings depend on; never another
     * row's, so that a prompt reads the same in any batch.
     */
    int sequenceLength(int row) {
        return Math.toIntExact(Arrays.stream(positionIds[row]).max().orElse(0) + 1);
    }

    /** Whether all rows have the same positions. */
    boolean sharedPositions() {
        for (int row = 1; row < positionIds.length; row++) {
            if (!Arrays.equals(positionIds[0], positionIds[row])) {
                return false;
            }
        }
        return true;
    }
}
