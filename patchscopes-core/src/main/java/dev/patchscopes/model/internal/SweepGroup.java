package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.Edit;
import java.util.List;

/**
 * Cells with the same base run, first token and read token: they see the same past and compute the
 * same number of tokens. Ordered by the layer at which they start, so that those under way are
 * always the first ones.
 */
final class SweepGroup {
    private final BaseStates states;
    private final List<CellPlan> cells;
    private final int base;
    private final int firstToken;
    private final int tokens;
    private final Columns columns;
    private final AttentionMasks masks;
    private final PositionTables positions;
    private int active;
    private int offset;

    SweepGroup(
            NDManager manager,
            Tensors ops,
            ArchitectureSpec spec,
            BaseStates states,
            List<CellPlan> cells) {
        this.states = states;
        this.cells = cells;
        CellPlan first = cells.get(0);
        this.base = first.base();
        this.firstToken = first.firstToken();
        this.tokens = first.rows();
        long[][] ids = new long[1][tokens];
        for (int i = 0; i < tokens; i++) {
            ids[0][i] = states.positionId(base, firstToken + i);
        }
        this.columns =
                new Columns(new int[1], new int[] {firstToken + tokens}, firstToken, ids);
        this.masks = new AttentionMasks(manager, ops, spec, columns);
        this.positions = PositionTables.of(manager, ops, spec, columns);
    }

    List<CellPlan> cells() {
        return cells;
    }

    /** Tokens each cell computes. */
    int tokens() {
        return tokens;
    }

    /** Tokens before those. */
    int past() {
        return firstToken;
    }

    Columns columns() {
        return columns;
    }

    AttentionMasks masks() {
        return masks;
    }

    PositionTables positions() {
        return positions;
    }

    /** Cells under way. */
    int active() {
        return active;
    }

    /** First row of the group among all rows under way. */
    int offset() {
        return offset;
    }

    void setOffset(int rows) {
        offset = rows;
    }

    /** Rows of the cells under way. */
    int rows() {
        return active * tokens;
    }

    /** Keys of the past in a block, [1, kv_head, key_pos, d_head]. */
    NDArray pastKeys(int block) {
        return states.keys(base, block, 0, firstToken);
    }

    /** Values of the past in a block, [1, kv_head, key_pos, d_head]. */
    NDArray pastValues(int block) {
        return states.values(base, block, 0, firstToken);
    }

    /** Number of cells that start at a layer. */
    int joining(int layer) {
        int count = 0;
        while (active + count < cells.size()
                && cells.get(active + count).startLayer() == layer) {
            count++;
        }
        return count;
    }

    /** The rows of the cells that start at a layer, changed as they say, [1, rows, d_model]. */
    NDArray join(NDManager manager, Tensors ops, int layer) {
        int count = joining(layer);
        NDArray own;
        try (NDArray rows = states.residual(base, layer, firstToken, firstToken + tokens)) {
            NDArray[] copies = new NDArray[count];
            java.util.Arrays.fill(copies, rows);
            own = Tensors.concat(1, copies);
        }
        own.attach(manager);
        for (int i = 0; i < count; i++) {
            CellPlan cell = cells.get(active + i);
            for (RunPlan.Step step : cell.steps()) {
                if (CellPlan.isAtStart(step, layer)) {
                    write(ops, own, i, step);
                }
            }
        }
        active += count;
        return own;
    }

    /** Applies a cell's edit in place to the rows of some cells, {@code cell} counted among them. */
    void write(Tensors ops, NDArray rows, int cell, RunPlan.Step step) {
        long from = (long) cell * tokens;
        try (NDArray own = Tensors.slice(rows, 1, from, from + tokens)) {
            new EditApplier(ops, (Edit) step.intervention(), columns, false)
                    .writeInto(own, own, step);
        }
    }
}
