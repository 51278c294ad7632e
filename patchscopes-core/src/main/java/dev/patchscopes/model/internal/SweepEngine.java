package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.SweepEstimate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Computes the cells of a sweep.
 *
 * <p>An edit at token t of layer k changes only tokens from t on in blocks from k on. So each base
 * run is computed once, and all cells go through the blocks together, each joining when its layer
 * is reached, with only the tokens that can differ; keys and values of earlier tokens are the
 * base's.
 */
public final class SweepEngine {
    private final ModelRuntime runtime;

    /**
     * Makes an engine.
     *
     * @param runtime the model
     */
    public SweepEngine(ModelRuntime runtime) {
        this.runtime = runtime;
    }

    /** Told of finished cells. */
    public interface Sink {

        /**
         * Takes a finished cell.
         *
         * @param cell the cell's place in the sweep
         * @param value what was read
         */
        void accept(int cell, ReadValue value);

        /**
         * Asked between blocks.
         *
         * @return true to stop with {@link java.util.concurrent.CancellationException}
         */
        boolean cancelled();

        /**
         * Takes a token generated for a cell.
         *
         * @param cell the cell's place in the sweep
         * @param token token id
         * @param probability its probability
         * @return true if the cell is finished
         */
        boolean generated(int cell, int token, double probability);
    }

    /**
     * Computes cells together.
     *
     * @param bases base runs
     * @param cells cells
     * @param reading what to read
     * @param newTokens tokens to generate after each cell, greedily; 0 for none
     * @param budgetBytes memory that may be used beyond the model, roughly
     * @param sink takes the results
     */
    public void merged(
            List<BaseRun> bases,
            List<Cell> cells,
            Reading reading,
            int newTokens,
            long budgetBytes,
            Sink sink) {
        List<CellPlan> plans = plans(bases, cells, newTokens);
        try (Session session = runtime.open(false)) {
            BaseStates states = BaseStates.of(runtime, session.manager(), bases);
            asBase(session.manager(), states, plans, reading, sink, bases);
            List<CellPlan> together =
                    plans.stream().filter(p -> p.how() == CellPlan.How.MERGED).toList();
            for (List<CellPlan> chunk : chunks(together, newTokens, budgetBytes)) {
                try (NDManager scope = session.manager().newSubManager()) {
                    wave(scope, states, chunk, reading, newTokens, sink);
                }
            }
        }
        new NaiveSweep(runtime, bases, cells, reading, newTokens, sink)
                .run(
                        plans.stream()
                                .filter(p -> p.how() == CellPlan.How.ALONE)
                                .map(CellPlan::index)
                                .toList());
    }

    /**
     * Computes cells one at a time, each in a full pass.
     *
     * @param bases base runs
     * @param cells cells
     * @param reading what to read
     * @param newTokens tokens to generate after each cell, greedily; 0 for none
     * @param sink takes the results
     */
    public void naive(
            List<BaseRun> bases, List<Cell> cells, Reading reading, int newTokens, Sink sink) {
        new NaiveSweep(runtime, bases, cells, reading, newTokens, sink)
                .run(IntStream.range(0, cells.size()).boxed().toList());
    }

    static void stopIfAsked(Sink sink) {
        if (sink.cancelled()) {
            throw new java.util.concurrent.CancellationException("the sweep was cancelled");
        }
    }

    /** Cells that change nothing that is read. */
    private void asBase(
            NDManager manager,
            BaseStates states,
            List<CellPlan> plans,
            Reading reading,
            Sink sink,
            List<BaseRun> bases) {
        Map<Integer, ReadValue> byBase = new LinkedHashMap<>();
        for (CellPlan plan : plans) {
            if (plan.how() == CellPlan.How.AS_BASE) {
                ReadValue value =
                        byBase.computeIfAbsent(
                                plan.base(),
                                base -> {
                                    int last = bases.get(base).prompt().length() - 1;
                                    try (NDManager scope = manager.newSubManager()) {
                                        NDArray row =
                                                states.residual(
                                                        base,
                                                        runtime.facts().spec().layers(),
                                                        last,
                                                        last + 1);
                                        row.attach(scope);
                                        return read(scope, row, reading).get(0);
                                    }
                                });
                sink.accept(plan.index(), value);
            }
        }
    }

    /** {@return the budget where none is set: an eighth of the memory, at most 2 GiB} */
    public static long defaultBudget() {
        long memory = MemoryNeed.main();
        return memory == 0 ? 1L << 30 : Math.min(2L << 30, memory / 8);
    }

    /**
     * Says what a sweep will take.
     *
     * @param bases base runs
     * @param cells cells
     * @param newTokens tokens generated after each cell
     * @param budgetBytes memory for cells in flight
     * @return the estimate
     */
    public SweepEstimate estimate(
            List<BaseRun> bases, List<Cell> cells, int newTokens, long budgetBytes) {
        ArchitectureSpec spec = runtime.facts().spec();
        int layers = spec.layers();
        int steps = Math.max(0, newTokens - 1);
        List<CellPlan> plans = plans(bases, cells, newTokens);
        long rows = 0;
        long naive = 0;
        long baseBytes = 0;
        int alone = 0;
        for (BaseRun base : bases) {
            long tokens = base.prompt().length();
            rows += tokens * layers;
            baseBytes +=
                    runtime.type().bytes()
                            * tokens
                            * ((layers + 1L) * spec.width() + 2L * layers * spec.keyValueWidth());
        }
        for (CellPlan plan : plans) {
            long full = (long) (bases.get(plan.base()).prompt().length() + steps) * layers;
            naive += full;
            if (plan.how() == CellPlan.How.ALONE) {
                rows += full;
                alone++;
            } else if (plan.how() == CellPlan.How.MERGED) {
                rows += (long) plan.rows() * (layers - plan.startLayer()) + (long) steps * layers;
            }
        }
        List<CellPlan> merged = plans.stream().filter(p -> p.how() == CellPlan.How.MERGED).toList();
        List<List<CellPlan>> waves = chunks(merged, newTokens, budgetBytes);
        long largest =
                waves.stream()
                        .mapToLong(w -> w.stream().mapToLong(c -> bytes(c, newTokens)).sum())
                        .max()
                        .orElse(0);
        long calls = (long) layers * (1 + (waves.size() + (long) alone) * (1 + steps));
        return new SweepEstimate(
                cells.size(), alone, waves.size(), calls, rows, naive, baseBytes + largest);
    }

    private List<CellPlan> plans(List<BaseRun> bases, List<Cell> cells, int newTokens) {
        List<CellPlan> plans = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            Cell cell = cells.get(i);
            plans.add(CellPlan.of(runtime.facts(), i, cell, bases.get(cell.base()), newTokens > 0));
        }
        return plans;
    }

    /** Memory a cell takes in flight, roughly. */
    private long bytes(CellPlan cell, int newTokens) {
        ArchitectureSpec spec = runtime.facts().spec();
        long bytesEach = runtime.type().bytes();
        long mlp = 3L * spec.mlp().width() * (spec.mlp().gated() ? 2 : 1);
        long scores = 3L * spec.attention().heads() * (cell.readToken() + 1L);
        long row = 8L * spec.width() + 2L * spec.queryWidth() + mlp + scores;
        long kept =
                newTokens == 0
                        ? 0
                        : 2L * spec.layers() * spec.keyValueWidth() * (cell.rows() + newTokens);
        return bytesEach * (cell.rows() * row + kept);
    }

    private List<List<CellPlan>> chunks(List<CellPlan> cells, int newTokens, long budgetBytes) {
        List<List<CellPlan>> chunks = new ArrayList<>();
        long used = Long.MAX_VALUE;
        for (CellPlan cell : cells) {
            long bytes = bytes(cell, newTokens);
            if (used > budgetBytes - bytes) {
                chunks.add(new ArrayList<>());
                used = 0;
            }
            chunks.get(chunks.size() - 1).add(cell);
            used += bytes;
        }
        return chunks;
    }

    private record GroupKey(int base, int firstToken, int readToken) {}

    private void wave(
            NDManager scope,
            BaseStates states,
            List<CellPlan> cells,
            Reading reading,
            int newTokens,
            Sink sink) {
        ArchitectureSpec spec = runtime.facts().spec();
        Tensors ops = runtime.ops();
        Map<GroupKey, List<CellPlan>> byKey = new LinkedHashMap<>();
        cells.stream()
                .sorted(Comparator.comparingInt(CellPlan::startLayer))
                .forEach(
                        c ->
                                byKey.computeIfAbsent(
                                                new GroupKey(
                                                        c.base(), c.firstToken(), c.readToken()),
                                                k -> new ArrayList<>())
                                        .add(c));
        List<SweepGroup> groups = new ArrayList<>();
        byKey.values().forEach(g -> groups.add(new SweepGroup(scope, ops, spec, states, g)));
        if (newTokens > 0) {
            groups.forEach(g -> g.prepareGeneration(scope, newTokens));
        }
        SweepTaps taps = new SweepTaps(ops, spec, groups);
        Optional<CellCuts> cuts = Optional.of(new CellCuts(scope, ops, spec));
        Pass pass = new Pass(scope, ops, taps, Optional.empty(), new SweepCore(spec, groups, cuts));
        Optional<NDArray> rows = Optional.empty();
        for (int layer = 0; layer <= spec.layers(); layer++) {
            stopIfAsked(sink);
            rows = withJoining(scope, ops, groups, rows, layer);
            if (layer < spec.layers() && rows.isPresent()) {
                rows =
                        Optional.of(
                                runtime.transformer().blocks(rows.get(), layer, layer + 1, pass));
            }
        }
        List<NDArray> last = new ArrayList<>();
        for (SweepGroup group : groups) {
            try (NDArray own =
                            Tensors.slice(
                                    rows.get(),
                                    1,
                                    group.offset(),
                                    group.offset() + (long) group.rows());
                    NDArray byCell =
                            Tensors.reshape(own, group.active(), group.tokens(), spec.width());
                    NDArray read = Tensors.slice(byCell, 1, group.tokens() - 1L, group.tokens())) {
                last.add(Tensors.reshape(read, 1, group.active(), spec.width()));
            }
        }
        NDArray residuals =
                last.size() == 1 ? last.get(0) : Tensors.concat(1, last.toArray(new NDArray[0]));
        List<ReadValue> values = read(scope, residuals, reading);
        residuals.close();
        rows.get().close();
        int at = 0;
        for (SweepGroup group : groups) {
            for (CellPlan cell : group.cells()) {
                sink.accept(cell.index(), values.get(at++));
            }
        }
        if (newTokens > 0) {
            new SweepDecoder(runtime, scope, groups, sink).generate(values, newTokens);
        }
    }

    /** The rows under way, those that start at a layer added to their groups. */
    private static Optional<NDArray> withJoining(
            NDManager scope,
            Tensors ops,
            List<SweepGroup> groups,
            Optional<NDArray> rows,
            int layer) {
        if (groups.stream().allMatch(g -> g.joining(layer) == 0)) {
            return rows;
        }
        List<NDArray> parts = new ArrayList<>();
        int offset = 0;
        for (SweepGroup group : groups) {
            if (group.active() > 0) {
                parts.add(
                        Tensors.slice(
                                rows.orElseThrow(),
                                1,
                                group.offset(),
                                group.offset() + (long) group.rows()));
            }
            if (group.joining(layer) > 0) {
                parts.add(group.join(scope, ops, layer));
            }
            group.setOffset(offset);
            offset += group.rows();
        }
        NDArray joined = Tensors.concat(1, parts.toArray(new NDArray[0])); // [1, rows, d_model]
        joined.attach(scope);
        for (NDArray part : parts) {
            part.close();
        }
        rows.ifPresent(NDArray::close);
        return Optional.of(joined);
    }

    private static final int LOGIT_ROWS = 256;

    /** Reads the distributions of residuals of the last layer, [1, rows, d_model]. */
    List<ReadValue> read(NDManager scope, NDArray residuals, Reading reading) {
        List<ReadValue> values = new ArrayList<>();
        Pass pass =
                new Pass(
                        scope,
                        runtime.ops(),
                        Taps.NONE,
                        Optional.empty(),
                        (block, projected, p) -> projected.v());
        long count = residuals.getShape().get(1);
        for (long from = 0; from < count; from += LOGIT_ROWS) {
            try (NDManager chunk = scope.newSubManager()) {
                NDArray part =
                        Tensors.slice(residuals, 1, from, Math.min(count, from + LOGIT_ROWS));
                part.attach(chunk);
                NDArray logits = runtime.transformer().logits(part, pass); // [1, rows, d_vocab]
                values.addAll(ReadValue.all(runtime.ops(), logits, reading));
            }
        }
        return values;
    }
}
