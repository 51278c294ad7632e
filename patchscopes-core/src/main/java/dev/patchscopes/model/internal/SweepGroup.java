package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Cells with the same base run, first token and read token: they see the same past and compute the
 * same number of tokens. Ordered by the layer at which they start, so that those under way are
 * always the first ones.
 *
 * <p>Base runs that go through the blocks beside the cells form groups too: they have no past, and
 * all start at layer 0.
 */
final class SweepGroup {
    private final Tensors ops;
    private final ArchitectureSpec spec;
    private final BaseStates states;
    private final boolean ofBases;
    private final int past;
    private final int prefill; // tokens each cell computes while its prompt is read
    private final long lastPosition; // the model is told for the last of them
    private List<CellPlan> cells;
    private Columns columns;
    private AttentionMasks masks;
    private PositionTables positions;
    private Optional<OwnKeyValues> kept = Optional.empty();
    private boolean narrowed;
    private int length; // own positions of earlier passes
    private int active;
    private int offset;

    private SweepGroup(
            NDManager manager,
            Tensors ops,
            ArchitectureSpec spec,
            BaseStates states,
            List<CellPlan> cells,
            BasePlan base,
            boolean ofBases) {
        this.ops = ops;
        this.spec = spec;
        this.states = states;
        this.cells = cells;
        this.ofBases = ofBases;
        CellPlan first = cells.get(0);
        this.past = first.firstToken();
        this.prefill = first.rows();
        long[][] ids = new long[1][prefill];
        for (int i = 0; i < prefill; i++) {
            ids[0][i] = base.positionId(past + i);
        }
        this.lastPosition = ids[0][prefill - 1];
        this.columns = new Columns(new int[1], new int[] {past + prefill}, past, ids);
        this.masks = new AttentionMasks(manager, ops, spec, columns);
        this.positions = PositionTables.of(manager, ops, spec, columns);
    }

    /** A group of cells of one base run. */
    static SweepGroup ofCells(
            NDManager manager,
            Tensors ops,
            ArchitectureSpec spec,
            BaseStates states,
            List<CellPlan> cells,
            BasePlan base) {
        return new SweepGroup(manager, ops, spec, states, cells, base, false);
    }

    /** A group of base runs of the same length and positions. */
    static SweepGroup ofBases(
            NDManager manager,
            Tensors ops,
            ArchitectureSpec spec,
            BaseStates states,
            List<CellPlan> bases,
            BasePlan first) {
        return new SweepGroup(manager, ops, spec, states, bases, first, true);
    }

    List<CellPlan> cells() {
        return cells;
    }

    boolean isOfBases() {
        return ofBases;
    }

    private int base() {
        return cells.get(0).base();
    }

    /** Tokens each cell computes in the current pass. */
    int tokens() {
        return columns.count();
    }

    /** Keeps the cells' own keys and values, for so many tokens to be generated. */
    void prepareGeneration(NDManager owner, int newTokens) {
        kept =
                Optional.of(
                        new OwnKeyValues(owner, spec, ops, cells.size(), prefill + newTokens - 1));
        for (int block = 0; block < spec.layers(); block++) {
            if (states.isKept(base(), block)) {
                copyBase(block, 0);
            }
        }
    }

    /** Until a cell starts, its keys and values are its base run's. */
    void copyBaseOfWaiting(int block) {
        if (kept.isPresent() && active < cells.size()) {
            copyBase(block, active);
        }
    }

    private void copyBase(int block, int fromCell) {
        int end = past + prefill;
        try (NDArray keys = states.keys(base(), block, past, end);
                NDArray values = states.values(base(), block, past, end)) {
            kept.orElseThrow().write(block, fromCell, cells.size() - fromCell, 0, keys, values);
        }
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
        if (ofBases) {
            for (int i = 0; i < cells.size(); i++) {
                NDArray baseKeys = Tensors.slice(keys, 0, i, i + 1L);
                NDArray baseValues = Tensors.slice(values, 0, i, i + 1L);
                states.putKeysAndValues(cells.get(i).base(), block, baseKeys, baseValues);
            }
        }
        if (kept.isEmpty()) {
            return new KeyValueStore.KeyValues(keys, values);
        }
        OwnKeyValues cache = kept.get();
        int end = length + Math.toIntExact(keys.getShape().get(2));
        try (keys;
                values) {
            cache.write(block, 0, active, length, keys, values);
        }
        return cache.first(block, active, end, k.getManager());
    }

    /** Gives each base run's residual at a layer to those that start from it. */
    void showResiduals(NDArray rows, int layer) {
        for (int i = 0; i < active; i++) {
            long from = offset + (long) i * tokens();
            states.putResidual(
                    cells.get(i).base(), layer, Tensors.slice(rows, 1, from, from + tokens()));
        }
    }

    /**
     * Leaves, of all tokens, only the one that is read; of base runs nothing. Keys and values of
     * the others are still to be had.
     */
    void narrow() {
        if (narrowed) {
            return;
        }
        narrowed = true;
        if (ofBases) {
            active = 0;
            return;
        }
        int read = past + prefill - 1;
        columns =
                new Columns(new int[1], new int[] {read + 1}, read, new long[][] {{lastPosition}});
        masks = new AttentionMasks(masks.manager(), ops, spec, columns);
    }

    /** Turns to the next generated token. */
    void step(NDManager manager) {
        length = length == 0 ? prefill : length + 1;
        int token = past + length;
        long position = lastPosition + length - prefill + 1;
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

    /** Tokens before the cells' own. */
    int past() {
        return past;
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
        return states.keys(base(), block, 0, past);
    }

    /** Values of the past in a block, [1, kv_head, key_pos, d_head]. */
    NDArray pastValues(int block) {
        return states.values(base(), block, 0, past);
    }

    /** Number of cells that start at a layer. */
    int joining(int layer) {
        int count = 0;
        while (active + count < cells.size() && cells.get(active + count).startLayer() == layer) {
            count++;
        }
        return ofBases && layer > 0 ? 0 : count;
    }

    /** Counts the base runs among those under way. */
    void startBases() {
        active = cells.size();
    }

    /** The rows of the cells that start at a layer, changed as they say, [1, rows, d_model]. */
    NDArray join(NDManager manager, PatchVectors vectors, int layer) {
        int count = joining(layer);
        List<CellPlan> starting = cells.subList(active, active + count);
        NDArray own;
        if (starting.stream().allMatch(CellPlan::replacesItsRow)) {
            own = manager.create(rowsOf(count), ops.type());
        } else {
            int from = columns.from();
            try (NDArray rows = states.residual(base(), layer, from, from + tokens())) {
                NDArray[] copies = new NDArray[count];
                Arrays.fill(copies, rows);
                own = Tensors.concat(1, copies);
            }
            own.attach(manager);
        }
        List<RowChanges.Owner> owners = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            owners.add(
                    new RowChanges.Owner(
                            starting.get(i).changes().stream()
                                    .filter(c -> c.isAtLayer(layer))
                                    .toList(),
                            (long) i * tokens(),
                            columns));
        }
        new RowChanges(ops, vectors, own).apply(owners);
        active += count;
        return own;
    }

    private Shape rowsOf(int count) {
        return new Shape(1, (long) count * tokens(), spec.width());
    }
}
