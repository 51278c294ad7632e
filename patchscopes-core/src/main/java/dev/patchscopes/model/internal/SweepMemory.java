package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What a sweep's passes take in memory beyond the model, and how many cells fit into one. */
final class SweepMemory {
    /**
     * Largest tensor of a pass. Larger ones take fresh pages from the system each time, and more
     * rows than this make products no faster.
     */
    private static final long LARGEST_TENSOR = 32L << 20;

    private final ModelRuntime runtime;
    private final int newTokens;
    private final long budget;

    SweepMemory(ModelRuntime runtime, int newTokens, long budget) {
        this.runtime = runtime;
        this.newTokens = newTokens;
        this.budget = budget;
    }

    /** The budget where none is set: an eighth of the memory, at most 2 GiB. */
    static long defaultBudget() {
        long memory = MemoryNeed.main();
        return memory == 0 ? 1L << 30 : Math.min(2L << 30, memory / 8);
    }

    /** How much of the budget base runs may take together. */
    long forBases() {
        return budget / 2;
    }

    /** A base run: what is kept of it, and its rows under way. */
    long base(int rows) {
        ArchitectureSpec spec = runtime.facts().spec();
        int layers = spec.layers();
        long kept = (layers + 1L) * spec.width() + 2L * layers * spec.keyValueWidth();
        return rows * (runtime.type().bytes() * kept + row(rows));
    }

    /** One row under way that attends to so many keys. */
    private long row(long keys) {
        ArchitectureSpec spec = runtime.facts().spec();
        long mlp = 3L * spec.mlp().width() * (spec.mlp().gated() ? 2 : 1);
        long scores = 3L * spec.attention().heads() * keys;
        return runtime.type().bytes() * (8L * spec.width() + 2L * spec.queryWidth() + mlp + scores);
    }

    private long cell(CellPlan cell) {
        ArchitectureSpec spec = runtime.facts().spec();
        long kept =
                newTokens == 0
                        ? 0
                        : 2L * spec.layers() * spec.keyValueWidth() * (cell.rows() + newTokens);
        return cell.rows() * row(cell.readToken() + 1L) + runtime.type().bytes() * kept;
    }

    /** Cells under way, and the logits read of them. */
    long wave(List<CellPlan> cells) {
        long logits =
                3L
                        * Math.min(cells.size(), SweepReader.chunkRows(runtime))
                        * runtime.facts().spec().vocabulary()
                        * runtime.type().bytes();
        return Math.max(cells.stream().mapToLong(this::cell).sum(), logits);
    }

    /** Cells in passes that fit beside the base runs; those that start early come first. */
    ImmutableList<ImmutableList<CellPlan>> waves(List<CellPlan> cells, long baseBytes) {
        ArchitectureSpec spec = runtime.facts().spec();
        long widest = (long) spec.mlp().width() * (spec.mlp().gated() ? 2 : 1);
        long most = Math.max(1, LARGEST_TENSOR / (widest * runtime.type().bytes()));
        List<CellPlan> ordered =
                cells.stream().sorted(Comparator.comparingInt(CellPlan::startLayer)).toList();
        List<List<CellPlan>> waves = new ArrayList<>();
        long used = Long.MAX_VALUE;
        long rows = 0;
        for (CellPlan cell : ordered) {
            long bytes = cell(cell);
            boolean full = used > Math.max(0, budget - baseBytes) - bytes;
            if (waves.isEmpty() || full || rows + cell.rows() > most) {
                waves.add(new ArrayList<>());
                used = 0;
                rows = 0;
            }
            waves.get(waves.size() - 1).add(cell);
            used += bytes;
            rows += cell.rows();
        }
        return waves.stream().map(ImmutableList::copyOf).collect(ImmutableList.toImmutableList());
    }
}
