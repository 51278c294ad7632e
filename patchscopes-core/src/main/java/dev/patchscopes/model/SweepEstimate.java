package dev.patchscopes.model;

import java.util.Locale;

/**
 * What a sweep will take, known before it runs.
 *
 * @param cells cells in all
 * @param alone cells that need a full pass of their own
 * @param waves passes over the blocks in which the others are computed, limited by the memory
 *     budget
 * @param blockCalls times a block's weights are read, base runs included
 * @param rows rows (one token in one block) computed, base runs included
 * @param naiveRows rows that one full pass a cell computes
 * @param bytes largest memory beyond the model, roughly
 */
public record SweepEstimate(
        int cells, int alone, int waves, long blockCalls, long rows, long naiveRows, long bytes) {

    /** {@return a line} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,d cells in %d waves (%d alone): %,d rows instead of %,d (%.1f times fewer), %,d block calls, %.1f MiB",
                cells,
                waves,
                alone,
                rows,
                naiveRows,
                naiveRows / (double) Math.max(1, rows),
                blockCalls,
                bytes / 1048576.0);
    }
}
