package dev.patchscopes.model.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.Reading;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One pass over the blocks: base runs from the embedding on, and cells that join at the layers they
 * start at.
 */
final class SweepWave {
    private final ModelRuntime runtime;
    private final SweepPlan plan;
    private final SweepPlan.Batch batch;
    private final BaseStates states;
    private final PatchVectors vectors;
    private final Reading reading;
    private final int newTokens;
    private final SweepEngine.Sink sink;
    private final boolean checkFinite;

    SweepWave(
            ModelRuntime runtime,
            SweepPlan plan,
            SweepPlan.Batch batch,
            BaseStates states,
            PatchVectors vectors,
            Reading reading,
            int newTokens,
            SweepEngine.Sink sink,
            boolean checkFinite) {
        this.runtime = runtime;
        this.plan = plan;
        this.batch = batch;
        this.states = states;
        this.vectors = vectors;
        this.reading = reading;
        this.newTokens = newTokens;
        this.sink = sink;
        this.checkFinite = checkFinite;
    }

    private record BaseKey(List<Long> positions) {}

    /**
     * Runs the pass and reads its cells.
     *
     * @param scope owner of the pass's tensors
     * @param bases base runs that take part
     * @param cells cells that take part; none for a pass that prepares base runs
     */
    void run(NDManager scope, List<Integer> bases, List<CellPlan> cells) {
        ArchitectureSpec spec = runtime.facts().spec();
        Tensors ops = runtime.ops();
        List<SweepGroup> groups = new ArrayList<>(groupsOfBases(scope, bases));
        Set<SweepGroup> whole = new HashSet<>();
        for (SweepGroup group : groups) {
            boolean needed = group.cells().stream().anyMatch(c -> batch.whole().contains(c.base()));
            if (needed || cells.isEmpty()) { // something has to go on
                whole.add(group);
            }
        }
        List<SweepGroup> cellGroups = groupsOfCells(scope, cells);
        groups.addAll(cellGroups);
        if (newTokens > 0) {
            cellGroups.forEach(g -> g.prepareGeneration(scope, newTokens));
        }
        if (!groups.isEmpty() && whole.isEmpty() && noneBeforeTheLastBlock(cells)) {
            groups.stream().filter(SweepGroup::isOfBases).forEach(whole::add);
        }
        Taps changes = new SweepTaps(ops, spec, groups, vectors);
        Optional<RowWatch> watch =
                checkFinite ? Optional.of(RowWatch.of(changes, spec, groups)) : Optional.empty();
        Taps taps = watch.isPresent() ? watch.get() : changes;
        SweepCore core = SweepCore.reading(spec, groups, new CellCuts(ops, spec), whole, watch);
        Pass pass = new Pass(scope, ops, taps, Optional.empty(), core);
        Optional<NDArray> rows = embedded(pass, groups);
        for (int layer = 0; layer <= spec.layers(); layer++) {
            SweepEngine.stopIfAsked(sink);
            try (NDManager views = scope.newSubManager()) {
                rows = withJoining(scope, views, groups, whole, rows, layer);
            }
            if (layer < spec.layers() && rows.isPresent()) {
                rows =
                        Optional.of(
                                runtime.transformer().blocks(rows.get(), layer, layer + 1, pass));
            }
        }
        if (!cells.isEmpty()) {
            deliver(scope, groups, cellGroups, rows.orElseThrow());
        }
    }

    /** Without a row of a cell in it, a block needs some other row to go on with. */
    private boolean noneBeforeTheLastBlock(List<CellPlan> cells) {
        int last = runtime.facts().spec().layers() - 1;
        return cells.stream().noneMatch(c -> c.startLayer() <= last);
    }

    private List<SweepGroup> groupsOfBases(NDManager scope, List<Integer> bases) {
        Map<BaseKey, List<CellPlan>> byKey = new LinkedHashMap<>();
        for (int index : bases) {
            BasePlan base = plan.bases().get(index);
            int rows = batch.rows().get(index);
            List<Long> positions = new ArrayList<>();
            for (int token = 0; token < rows; token++) {
                positions.add(base.positionId(token));
            }
            byKey.computeIfAbsent(new BaseKey(positions), k -> new ArrayList<>())
                    .add(base.asRows(rows));
        }
        return byKey.values().stream()
                .map(
                        g ->
                                SweepGroup.ofBases(
                                        scope,
                                        runtime.ops(),
                                        runtime.facts().spec(),
                                        states,
                                        g,
                                        plan.bases().get(g.get(0).base())))
                .toList();
    }

    private List<SweepGroup> groupsOfCells(NDManager scope, List<CellPlan> cells) {
        Map<CellPlan.Suffix, List<CellPlan>> byKey = new LinkedHashMap<>();
        cells.stream()
                .sorted(Comparator.comparingInt(CellPlan::startLayer))
                .forEach(c -> byKey.computeIfAbsent(c.suffix(), k -> new ArrayList<>()).add(c));
        return byKey.values().stream()
                .map(
                        g ->
                                SweepGroup.ofCells(
                                        scope,
                                        runtime.ops(),
                                        runtime.facts().spec(),
                                        states,
                                        g,
                                        plan.bases().get(g.get(0).base())))
                .toList();
    }

    /** The base runs' rows at layer 0, [1, rows, d_model]. */
    private Optional<NDArray> embedded(Pass pass, List<SweepGroup> groups) {
        List<Long> ids = new ArrayList<>();
        List<Long> positions = new ArrayList<>();
        for (SweepGroup group : groups) {
            group.setOffset(ids.size());
            if (group.isOfBases()) {
                group.startBases();
                for (CellPlan rows : group.cells()) {
                    BasePlan base = plan.bases().get(rows.base());
                    for (int token = 0; token < rows.rows(); token++) {
                        ids.add((long) base.run().prompt().ids().get(token));
                        positions.add(base.positionId(token));
                    }
                }
            }
        }
        if (ids.isEmpty()) {
            return Optional.empty();
        }
        Tensors ops = runtime.ops();
        Pass start =
                new Pass(
                        pass.manager(),
                        ops,
                        pass.taps(),
                        PositionTables.learnedRows(
                                pass.manager(),
                                ops,
                                runtime.facts().spec(),
                                Columns.ofRow(array(positions))),
                        pass.core());
        NDArray tokens = ops.fromLongs(pass.manager(), array(ids), new Shape(1, ids.size()));
        return Optional.of(runtime.transformer().embed(tokens, start));
    }

    private static long[] array(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    /** The rows under way, those that start at a layer added to their groups. */
    private Optional<NDArray> withJoining(
            NDManager scope,
            NDManager views,
            List<SweepGroup> groups,
            Set<SweepGroup> whole,
            Optional<NDArray> rows,
            int layer) {
        if (layer == runtime.facts().spec().layers()) {
            groups.stream().filter(g -> !whole.contains(g)).forEach(SweepGroup::narrow);
        }
        if (rows.isPresent()) {
            NDArray shown = Tensors.slice(rows.get(), 1, 0, rows.get().getShape().get(1));
            shown.attach(views);
            groups.stream()
                    .filter(SweepGroup::isOfBases)
                    .forEach(g -> g.showResiduals(shown, layer));
        }
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
                parts.add(group.join(scope, vectors, layer));
            }
            group.setOffset(offset);
            offset += group.rows();
        }
        NDArray joined = Tensors.concat(1, parts.toArray(new NDArray[0])); // [1, rows, d_model]
        joined.attach(scope);
        parts.forEach(NDArray::close);
        rows.ifPresent(NDArray::close);
        return Optional.of(joined);
    }

    /** Reads the cells' last rows, and generates. */
    private void deliver(
            NDManager scope, List<SweepGroup> groups, List<SweepGroup> cellGroups, NDArray rows) {
        int first = groups.stream().filter(SweepGroup::isOfBases).mapToInt(SweepGroup::rows).sum();
        SweepReader reader = new SweepReader(runtime, plan.logitRows(), checkFinite);
        List<CellPlan> cells = cellGroups.stream().flatMap(g -> g.cells().stream()).toList();
        List<ReadValue> values = new ArrayList<>();
        List<ReadValue> tops;
        try (rows;
                NDArray last = Tensors.slice(rows, 1, first, rows.getShape().get(1))) {
            reader.read(
                    scope,
                    last,
                    reading,
                    row -> cells.get(row).index(),
                    (row, value) -> {
                        values.add(value);
                        sink.accept(cells.get(row).index(), value);
                    });
            // generation goes on from the most probable token, whatever is read
            tops =
                    newTokens == 0 || reading.topTokens() > 0
                            ? values
                            : reader.read(
                                    scope, last, Reading.top(1), row -> cells.get(row).index());
        }
        if (newTokens > 0) {
            new SweepDecoder(runtime, scope, cellGroups, reader, sink, checkFinite)
                    .generate(tops, newTokens);
        }
    }
}
