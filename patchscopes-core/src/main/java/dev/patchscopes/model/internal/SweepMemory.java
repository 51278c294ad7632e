package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.EdgeCut;
import dev.patchscopes.model.Site;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a sweep's passes take in memory beyond the model, and how many cells fit into one. */
final class SweepMemory {
    /**
     * Largest tensor of a pass. Larger ones take fresh pages from the system each time, and more
     * rows than this make products no faster.
     */
    private static final long LARGEST_TENSOR = 32L << 20;

    /**
     * The part of the budget that is left to the C library, as a divisor: tensors of ever other
     * sizes do not fit exactly where others were before.
     */
    private static final long UNUSED = 4;

    private final ArchitectureSpec spec;
    private final int typeBytes;
    private final RowMemory row;
    private final int newTokens;
    private final long usable;

    SweepMemory(ModelRuntime runtime, int newTokens, long budget) {
        this.spec = runtime.facts().spec();
        this.typeBytes = runtime.type().bytes();
        this.row = new RowMemory(spec, typeBytes);
        this.newTokens = newTokens;
        this.usable = budget - budget / UNUSED;
    }

    /** The budget where none is set: an eighth of the memory, at most 2 GiB. */
    static long defaultBudget() {
        long memory = MemoryNeed.main();
        return memory == 0 ? 1L << 30 : Math.min(2L << 30, memory / 8);
    }

    /** How much of the budget base runs may take together, with the vectors kept of them. */
    long forBases() {
        return usable / 2;
    }

    /** Rows unembedded at once: their logits take a quarter of the budget at most. */
    int logitRows() {
        long most =
                Math.min(LARGEST_TENSOR / typeBytes / spec.vocabulary(), usable / 4 / row.logits());
        return Math.toIntExact(Math.max(1, most));
    }

    /**
     * Base runs: what is kept of them, and their rows under way.
     *
     * @param rows tokens computed of each, by its place in the sweep
     */
    long bases(Map<Integer, Integer> rows, List<BasePlan> all) {
        List<RunPlan.Step> cuts = new ArrayList<>(); // runs of one length share their masks
        Set<Site> changed = EnumSet.noneOf(Site.class);
        for (int base : rows.keySet()) {
            for (RunPlan.Step step : all.get(base).steps()) {
                if (step.intervention() instanceof EdgeCut) {
                    cuts.add(step);
                } else {
                    changed.add(new Change.Given(step).point().site());
                }
            }
        }
        long masked = row.masked(cuts);
        long bytes = 0;
        for (Map.Entry<Integer, Integer> entry : rows.entrySet()) {
            long tokens = entry.getValue();
            long copied = row.copied(changed, tokens);
            // what the embedding is made of lives as long as its pass
            long each = row.kept() + 5 * row.residual() + row.inBlock(tokens, masked, copied);
            long twice =
                    all.get(entry.getKey()).packs() ? 0 : row.keysAndValues(); // a cache of its own
            bytes += tokens * (each + twice) + row.ofGroup(tokens, tokens);
        }
        return bytes;
    }

    /** A vector that patches take from a base run. */
    long vector(PatchVectors.Vector vector) {
        return row.vector(vector.point());
    }

    /** A cell in a full pass of its own. */
    long alone(CellPlan cell) {
        long tokens = cell.readToken() + 1L + newTokens;
        return tokens * (row.keysAndValues() + row.inBlock(tokens, row.masked(cell.cuts()), 0))
                + row.ofGroup(tokens, tokens)
                + row.logits();
    }

    /**
     * Cells in passes.
     *
     * @param waves the cells of each pass
     * @param bytes what the largest takes
     */
    record Waves(ImmutableList<ImmutableList<CellPlan>> waves, long bytes) {}

    /**
     * Cells in passes that fit beside the base runs; those that start early come first.
     *
     * @param bases base runs in the passes, whose changes go for cells too
     * @param taken what base runs and their vectors take
     */
    Waves waves(List<CellPlan> cells, Collection<BasePlan> bases, long taken) {
        long widest = (long) spec.mlp().width() * (spec.mlp().gated() ? 2 : 1);
        long most = Math.max(1, LARGEST_TENSOR / (widest * typeBytes));
        List<CellPlan> ordered =
                cells.stream().sorted(Comparator.comparingInt(CellPlan::startLayer)).toList();
        CellNeeds needs = new CellNeeds(cells, bases);
        List<List<CellPlan>> waves = new ArrayList<>();
        Wave wave = new Wave();
        long rows = 0;
        long largest = 0;
        for (CellPlan cell : ordered) {
            Wave with = wave.with(cell, needs);
            boolean full = with.bytes() > usable - taken || rows + cell.rows() > most;
            if (waves.isEmpty() || full) {
                waves.add(new ArrayList<>());
                with = new Wave().with(cell, needs);
                rows = 0;
            }
            waves.get(waves.size() - 1).add(cell);
            wave = with;
            rows += cell.rows();
            largest = Math.max(largest, wave.bytes());
        }
        return new Waves(
                waves.stream().map(ImmutableList::copyOf).collect(ImmutableList.toImmutableList()),
                largest);
    }

    /** What cells have in common with others of their groups and passes. */
    private final class CellNeeds {
        private final Map<CellPlan.Suffix, Long> masked = new HashMap<>();
        private final Set<Site> changed = EnumSet.noneOf(Site.class);

        /** Of all cells of a batch, for which of them share a pass is not known yet. */
        CellNeeds(List<CellPlan> cells, Collection<BasePlan> bases) {
            Map<CellPlan.Suffix, List<RunPlan.Step>> cuts = new HashMap<>();
            for (CellPlan cell : cells) {
                cuts.computeIfAbsent(cell.suffix(), s -> new ArrayList<>()).addAll(cell.cuts());
                for (Change change : cell.changes()) {
                    if (!change.isAtLayer(cell.startLayer())) { // otherwise it starts with it
                        changed.add(change.point().site());
                    }
                }
            }
            for (BasePlan base : bases) {
                for (RunPlan.Step step : base.steps()) {
                    if (!(step.intervention() instanceof EdgeCut)) {
                        changed.add(new Change.Given(step).point().site());
                    }
                }
            }
            cuts.forEach((suffix, all) -> masked.put(suffix, row.masked(all)));
        }

        /** What lasts while a cell's pass does. */
        long lasting(CellPlan cell) {
            long kept = newTokens == 0 ? 0 : capacity(cell) * row.keysAndValues();
            return kept + row.ofGroup(cell.rows(), cell.readToken() + 1L);
        }

        private long capacity(CellPlan cell) {
            return cell.rows() + Math.max(0L, newTokens - 1L);
        }

        /** What a cell takes in a block, or between blocks if that is more. */
        long passing(CellPlan cell) {
            long keys = cell.readToken() + 1L;
            long masks = masked.get(cell.suffix());
            long written = 0;
            for (Change change : cell.changes()) {
                long tokens = change.lastToken() - change.firstToken() + 1L;
                written = Math.max(written, tokens * row.written(change.point()));
            }
            long prompt =
                    cell.rows() * row.inBlock(keys, masks, row.copied(changed, keys)) + written;
            if (newTokens == 0) {
                return prompt;
            }
            long generated = row.inBlock(keys + newTokens, 0, 0);
            long leaving = capacity(cell) * row.oneBlock(); // when other cells are finished
            return Math.max(prompt, Math.max(generated, leaving));
        }
    }

    /** Sums over the cells of a pass. */
    private final class Wave {
        private final int cells;
        private final long lasting;
        private final long passing;

        Wave() {
            this(0, 0, 0);
        }

        private Wave(int cells, long lasting, long passing) {
            this.cells = cells;
            this.lasting = lasting;
            this.passing = passing;
        }

        Wave with(CellPlan cell, CellNeeds needs) {
            return new Wave(
                    cells + 1, lasting + needs.lasting(cell), passing + needs.passing(cell));
        }

        /** Logits are read when all blocks are done. */
        long bytes() {
            long reading =
                    3L * cells * row.residual() + Math.min(cells, logitRows()) * row.logits();
            return lasting + Math.max(passing, reading);
        }
    }
}
