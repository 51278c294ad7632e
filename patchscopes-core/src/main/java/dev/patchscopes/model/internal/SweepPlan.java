package dev.patchscopes.model.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.SweepEstimate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a sweep computes and in which passes over the blocks.
 *
 * @param bases base runs
 * @param cells cells, in the sweep's order
 * @param batches base runs that fit into memory together, and their cells
 * @param alone cells that need a pass of their own
 * @param logitRows rows unembedded at once
 */
record SweepPlan(
        ImmutableList<BasePlan> bases,
        ImmutableList<CellPlan> cells,
        ImmutableList<Batch> batches,
        ImmutableList<CellPlan> alone,
        int logitRows) {

    /**
     * Cells and the base runs they need.
     *
     * @param rows tokens computed of each base run: those after them nothing depends on
     * @param before base runs computed before any cell, since their vectors come from later layers
     *     than they are written to, or since their interventions look at the whole prompt
     * @param lasting base runs whose residuals, keys and values outlive the pass they are in
     * @param whole base runs of which the last layer is needed
     * @param waves cells that go through the blocks together
     * @param bytes memory taken at most, roughly
     */
    record Batch(
            ImmutableMap<Integer, Integer> rows,
            ImmutableSet<Integer> before,
            ImmutableSet<Integer> lasting,
            ImmutableSet<Integer> whole,
            ImmutableList<ImmutableList<CellPlan>> waves,
            long bytes) {

        ImmutableList<CellPlan> cells() {
            return waves.stream().flatMap(List::stream).collect(ImmutableList.toImmutableList());
        }
    }

    static SweepPlan of(
            ModelRuntime runtime,
            List<BaseRun> bases,
            List<Cell> cells,
            int newTokens,
            long budget) {
        ModelFacts facts = runtime.facts();
        List<BasePlan> basePlans = new ArrayList<>();
        for (int i = 0; i < bases.size(); i++) {
            basePlans.add(BasePlan.of(facts, i, bases.get(i), newTokens));
        }
        List<CellPlan> plans = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            plans.add(CellPlan.of(facts, i, cells.get(i), basePlans, newTokens));
        }
        SweepMemory memory = new SweepMemory(runtime, newTokens, budget);
        return new SweepPlan(
                ImmutableList.copyOf(basePlans),
                ImmutableList.copyOf(plans),
                batches(basePlans, plans, facts.spec(), memory, newTokens > 0),
                plans.stream()
                        .filter(p -> p.how() == CellPlan.How.ALONE)
                        .collect(ImmutableList.toImmutableList()),
                memory.logitRows());
    }

    private static ImmutableList<Batch> batches(
            List<BasePlan> bases,
            List<CellPlan> plans,
            ArchitectureSpec spec,
            SweepMemory memory,
            boolean generating) {
        List<CellPlan> merged =
                plans.stream()
                        .filter(p -> p.how() == CellPlan.How.MERGED)
                        .sorted( // cells of the same base runs side by side
                                Comparator.comparingInt(CellPlan::base)
                                        .thenComparingInt(SweepPlan::firstSource))
                        .toList();
        ImmutableList.Builder<Batch> batches = ImmutableList.builder();
        List<CellPlan> current = new ArrayList<>();
        BatchMemory taken = new BatchMemory(memory, bases);
        for (CellPlan cell : merged) {
            Map<Integer, Integer> whole = new HashMap<>();
            basesOf(cell).forEach(b -> whole.put(b, bases.get(b).length()));
            long before = taken.bytes();
            taken.addBases(whole);
            taken.addVectors(cell);
            if (!current.isEmpty() && taken.bytes() > before && taken.bytes() > memory.forBases()) {
                batches.add(batch(bases, current, spec, memory, generating));
                current.clear();
                taken = new BatchMemory(memory, bases);
                taken.addBases(whole);
                taken.addVectors(cell);
            }
            current.add(cell);
        }
        if (!current.isEmpty()) {
            batches.add(batch(bases, current, spec, memory, generating));
        }
        return batches.build();
    }

    private static int firstSource(CellPlan cell) {
        return PatchVectors.taken(List.of(cell)).stream()
                .mapToInt(t -> t.patch().source())
                .min()
                .orElse(-1);
    }

    private static Set<Integer> basesOf(CellPlan cell) {
        Set<Integer> out = new TreeSet<>();
        out.add(cell.base());
        PatchVectors.taken(List.of(cell)).forEach(t -> out.add(t.patch().source()));
        return out;
    }

    private static Batch batch(
            List<BasePlan> bases,
            List<CellPlan> cells,
            ArchitectureSpec spec,
            SweepMemory memory,
            boolean generating) {
        Map<Integer, Integer> rows = new HashMap<>();
        Set<Integer> before = new TreeSet<>();
        Set<Integer> hosts = new TreeSet<>();
        Set<Integer> whole = new HashSet<>();
        for (CellPlan cell : cells) {
            boolean pastOnly = cell.replacesItsRow() && !generating;
            int needed = pastOnly ? cell.firstToken() : cell.readToken() + 1;
            rows.merge(cell.base(), needed, Math::max);
            hosts.add(cell.base());
            if (cell.startLayer() == spec.layers() && !cell.replacesItsRow()) {
                whole.add(cell.base());
            }
        }
        for (Change.Taken taken : PatchVectors.taken(cells)) {
            int source = taken.patch().source();
            int last = taken.read().get(taken.read().length() - 1);
            rows.merge(source, last + 1, Math::max);
            if (!taken.isInTime()) {
                before.add(source);
            }
            if (CellPlan.readyLayer(taken.patch().from()) == spec.layers()) {
                whole.add(source);
            }
        }
        rows.replaceAll((b, n) -> rowsToRun(bases.get(b), n, spec));
        rows.values().removeIf(n -> n == 0);
        rows.keySet().stream().filter(b -> !bases.get(b).packs()).forEach(before::add);
        BatchMemory taken = new BatchMemory(memory, bases);
        taken.addBases(rows);
        cells.forEach(taken::addVectors);
        long bytes = taken.bytes();
        SweepMemory.Waves waves =
                memory.waves(cells, rows.keySet().stream().map(bases::get).toList(), bytes);
        Set<Integer> lasting = new HashSet<>(hosts);
        if (waves.waves().size() == 1 && !generating) {
            lasting.retainAll(before);
        }
        return new Batch(
                ImmutableMap.copyOf(rows),
                ImmutableSet.copyOf(before),
                ImmutableSet.copyOf(lasting),
                ImmutableSet.copyOf(whole),
                waves.waves(),
                bytes + waves.bytes());
    }

    /** Some rotary scalings depend on the prompt's length, which a shorter pass would not have. */
    private static int rowsToRun(BasePlan base, int needed, ArchitectureSpec spec) {
        boolean all =
                !base.packs()
                        || (needed > 0
                                && needed < base.length()
                                && PositionTables.dependOnLength(
                                        spec,
                                        base.positionId(needed - 1),
                                        base.positionId(base.length() - 1)));
        return all ? base.length() : needed;
    }

    /** What the sweep will take; rows of full passes are for the caller to count. */
    SweepEstimate estimate(ModelRuntime runtime, int newTokens, long budget) {
        int layers = runtime.facts().spec().layers();
        int steps = Math.max(0, newTokens - 1);
        SweepMemory memory = new SweepMemory(runtime, newTokens, budget);
        long rows = 0;
        long calls = 0;
        long bytes = 0;
        int waves = 0;
        for (CellPlan cell : cells) {
            long full = (long) (cell.readToken() + 1 + steps) * layers;
            if (cell.how() == CellPlan.How.ALONE) {
                rows += full;
                calls += (long) layers * (1 + steps);
                bytes = Math.max(bytes, memory.alone(cell));
            } else {
                rows += (long) cell.rows() * (layers - cell.startLayer()) + (long) steps * layers;
            }
        }
        for (Batch batch : batches) {
            rows += batch.rows().values().stream().mapToLong(n -> (long) n * layers).sum();
            calls += batch.before().isEmpty() ? 0 : layers;
            boolean together = batch.before().size() < batch.rows().size();
            for (ImmutableList<CellPlan> wave : batch.waves()) {
                int first = wave.stream().mapToInt(CellPlan::startLayer).min().orElse(layers);
                calls += layers - (together ? 0 : first) + (long) steps * layers;
                together = false;
                waves++;
            }
            bytes = Math.max(bytes, batch.bytes());
        }
        return new SweepEstimate(cells.size(), alone.size(), waves, calls, rows, 0, bytes);
    }
}
