package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.Edit;
import java.util.List;
import java.util.Optional;

/**
 * Cells with the same base run, first token and read token: they see the same past and compute the
 * same number of tokens. Ordered by the layer at which they start, so that those under way are
 * always the first ones.
 */
final class SweepGroup {
    private final BaseStates states;
    private List<CellPlan> cells;
    private final int base;
    private final int firstToken;
    private final int tokens;
    private final Tensors ops;
    private final ArchitectureSpec spec;
    private Columns columns;
    private AttentionMasks masks;
    private PositionTables positions;
    private Optional<OwnKeyValues> kept = Optional.empty();
    private int length; // own positions of earlier passes
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
        this.ops = ops;
        this.spec = spec;
        CellPlan first = cells.get(0);
        this.base = first.base();
        this.firstToken = first.firstToken();
        this.tokens = first.rows();
        long[][] ids = new long[1][tokens];
        for (int i = 0; i < tokens; i++) {
            ids[0][i] = states.positionId(base, firstToken + i);
        }
        this.columns = new Columns(new int[1], new int[] {firstToken + tokens}, firstToken, ids);
        this.masks = new AttentionMasks(manager, ops, spec, columns);
        this.positions = PositionTables.of(manager, ops, spec, columns);
    }

    List<CellPlan> cells() {
        return cells;
    }

    /** Tokens each cell computes in the current pass. */
    int tokens() {
        return columns.count();
    }

    /** Token ids of the base are known only up to here; what follows is generated. */
    int readToken() {
        return firstToken + tokens - 1;
    }

    /**
     * Keeps the cells' own keys and values, for so many tokens to be generated. Until a cell starts
     * they are its base run's.
     */
    void prepareGeneration(NDManager owner, int newTokens) {
        OwnKeyValues own = new OwnKeyValues(owner, spec, ops, cells.size(), tokens + newTokens - 1);
        int end = firstToken + tokens;
        for (int block = 0; block < spec.layers(); block++) {
            try (NDArray keys = states.keys(base, block, firstToken, end);
                    NDArray values = states.values(base, block, firstToken, end)) {
                own.write(block, 0, cells.size(), 0, keys, values);
            }
        }
        kept = Optional.of(own);
    }

    /**
     * The cells' own keys and values up to the current tokens.
     *
     * @param k keys of the current tokens [cell, pos, kv_head, d_head]
     * @param v values, same shape
     * @return [cell, kv_head, own_pos, d_head]
     */
    KeyValueStore.KeyValues own(int block, NDArray k, NDArray v) {
        NDArray keys = Tensors.transpose(k, 1, 2);
        NDArray values = Tensors.transpose(v, 1, 2);
        if (kept.isEmpty()) {
            return new KeyValueStore.KeyValues(keys, values);
        }
        OwnKeyValues cache = kept.get();
        try (keys;
                values) {
            cache.write(block, 0, active, length, keys, values);
        }
        return cache.first(block, active, length + tokens(), k.getManager());
    }

    /** Turns to the next generated token. */
    void step(NDManager manager) {
        length += tokens();
        int token = firstToken + length;
        long position = states.positionId(base, readToken()) + token - readToken();
        columns = new Columns(new int[1], new int[] {token + 1}, token, new long[][] {{position}});
        masks = new AttentionMasks(manager, ops, spec, columns);
        positions = PositionTables.of(manager, ops, spec, columns);
    }

    /** Drops all cells but some, given by their places in the group. */
    void keep(List<Integer> places) {
        kept.orElseThrow().keep(places.stream().mapToLong(Integer::longValue).toArray());
        cells = places.stream().map(cells::get).toList();
        active = cells.size();
    }

    /** The position the model is told for the current token. */
    long positionId() {
        return columns.positionIds(0)[0];
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
        return active * tokens();
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
        while (active + count < cells.size() && cells.get(active + count).startLayer() == layer) {
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

    /**
     * Applies a cell's edit in place to the rows of some cells, {@code cell} counted among them.
     */
    void write(Tensors ops, NDArray rows, int cell, RunPlan.Step step) {
        long from = (long) cell * tokens;
        try (NDArray own = Tensors.slice(rows, 1, from, from + tokens)) {
            new EditApplier(ops, (Edit) step.intervention(), columns, false)
                    .writeInto(own, own, step);
        }
    }
}
