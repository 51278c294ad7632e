package dev.patchscopes;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A sweep of patchscopes with every choice resolved: its grids, and the base runs and cells they
 * are computed from. Grids that ask for the same share their cells, prompts their base runs.
 */
final class GridPlan {

    /** A token of a prompt: (S, i) or (T, i*). */
    record Spot(TokenizedPrompt prompt, int position) {}

    /** l and l*. */
    record LayerPair(int source, int target) {}

    /** A mapped vector of the source model, f(h). */
    record Origin(Spot spot, int layer, int mapping) {}

    /** States the cell of a base run with a vector written at a place of it. */
    @FunctionalInterface
    interface Writer {
        Cell write(int base, Origin origin, HookPoint to, Positions at);
    }

    /** What one grid holds between its layers. */
    private record Combination(Spot source, int mapping, Spot target) {}

    private final Patchscope scope;
    private final ImmutableList<Mapping> mappings;
    private final ImmutableList<String> names; // digests of matrices take time: once is enough
    private final ImmutableList<LayerPair> pairs;
    private final ImmutableList<Combination> grids;
    private final List<BaseRun> bases = new ArrayList<>();
    private final Map<TokenizedPrompt, Integer> targetBases = new LinkedHashMap<>();
    private final Map<ImmutableIntArray, Integer> basesByIds = new HashMap<>();

    GridPlan(
            Patchscope scope,
            List<Spot> sources,
            List<Mapping> mappings,
            List<Spot> targets,
            List<LayerPair> pairs) {
        this.scope = scope;
        this.mappings = ImmutableList.copyOf(mappings);
        this.names = mappings.stream().map(Mapping::name).collect(ImmutableList.toImmutableList());
        this.pairs = ImmutableList.copyOf(pairs);
        ImmutableList.Builder<Combination> all = ImmutableList.builder();
        for (Spot source : sources) {
            for (int mapping = 0; mapping < mappings.size(); mapping++) {
                for (Spot target : targets) {
                    all.add(new Combination(source, mapping, target));
                }
            }
        }
        this.grids = all.build();
        // Targets come first: what is generated after a prompt carries the prompt of its base run.
        targets.forEach(target -> targetBases.computeIfAbsent(target.prompt(), this::newBase));
        if (isOneModel()) {
            sources.forEach(
                    s -> basesByIds.computeIfAbsent(s.prompt().ids(), k -> add(s.prompt())));
        }
    }

    private int newBase(TokenizedPrompt prompt) {
        int index = add(prompt);
        basesByIds.putIfAbsent(prompt.ids(), index);
        return index;
    }

    private int add(TokenizedPrompt prompt) {
        bases.add(BaseRun.of(prompt));
        return bases.size() - 1;
    }

    /** Whether vectors are read in the model they are written to. */
    boolean isOneModel() {
        return scope.sourceModel() == scope.targetRun().model();
    }

    /** Every vector that is read, each with every mapping. */
    ImmutableSet<Origin> origins() {
        ImmutableSet.Builder<Origin> all = ImmutableSet.builder();
        for (Combination grid : grids) {
            for (LayerPair pair : pairs) {
                all.add(new Origin(grid.source, pair.source, grid.mapping));
            }
        }
        return all.build();
    }

    /** The mapping of an origin, which refuses to give what the target model cannot hold. */
    UnaryOperator<double[]> checked(Origin origin) {
        HookedModel target = scope.targetRun().model();
        Place place = place(scope.source(), origin.spot, origin.layer);
        return h ->
                PatchChecks.patch(
                        mappings.get(origin.mapping).apply(h),
                        names.get(origin.mapping),
                        place,
                        "each layer of " + target.name(),
                        target.width());
    }

    /** Writes vectors that are read in base runs of the same sweep. */
    Writer fromBaseRuns() {
        // The cells of an origin share a function, by which the sweep can tell that it is the same.
        Map<Origin, UnaryOperator<double[]>> functions = new HashMap<>();
        return (base, origin, to, at) -> {
            Patch patch =
                    Patch.of(
                                    basesByIds.get(origin.spot.prompt().ids()),
                                    HookPoint.residual(origin.layer),
                                    Positions.at(origin.spot.position()))
                            .to(to, at);
            if (mappings.get(origin.mapping).equals(Mapping.identity())) {
                return Cell.of(base).patched(patch);
            }
            UnaryOperator<double[]> function = functions.computeIfAbsent(origin, this::checked);
            return Cell.of(base).patched(patch.mapped(names.get(origin.mapping), function));
        };
    }

    /** The sweep of the target model, with the patchscope's own choices of generation. */
    Sweep sweep(Writer writer) {
        TargetRun run = scope.targetRun();
        Sweep sweep =
                run.model()
                        .sweep(bases)
                        .cells(cells(writer))
                        .generate(run.maxNewTokens(), run.stopAt().toArray(String[]::new));
        return run.checkFinite() ? sweep.checkFinite() : sweep;
    }

    private ImmutableList<Cell> cells(Writer writer) {
        ImmutableList.Builder<Cell> cells = ImmutableList.builder();
        for (Combination grid : ImmutableSet.copyOf(grids)) {
            for (LayerPair pair : pairs) {
                cells.add(
                        writer.write(
                                targetBases.get(grid.target.prompt()),
                                new Origin(grid.source, pair.source, grid.mapping),
                                HookPoint.residual(pair.target),
                                Positions.at(grid.target.position())));
            }
        }
        targetBases.values().forEach(base -> cells.add(Cell.of(base))); // without a patch
        return cells.build();
    }

    /** The results of {@link #sweep}, a grid a combination. */
    ImmutableList<LayerGrid> grids(List<CellResult> results) {
        Map<Combination, Integer> firstCells = new HashMap<>();
        for (Combination grid : grids) {
            firstCells.putIfAbsent(grid, firstCells.size() * pairs.size());
        }
        int unpatched = firstCells.size() * pairs.size();
        ImmutableList.Builder<LayerGrid> out = ImmutableList.builder();
        for (Combination grid : grids) {
            int first = firstCells.get(grid);
            ImmutableList.Builder<LayerGrid.GridCell> cells = ImmutableList.builder();
            for (int i = 0; i < pairs.size(); i++) {
                LayerPair pair = pairs.get(i);
                cells.add(new LayerGrid.GridCell(pair.source, pair.target, results.get(first + i)));
            }
            out.add(
                    new LayerGrid(
                            scope.provenance(
                                    place(scope.source(), grid.source, scope.source().layer()),
                                    names.get(grid.mapping),
                                    place(scope.target(), grid.target, scope.target().layer())),
                            cells.build(),
                            // bases of targets stand first, in the order of their cells
                            results.get(unpatched + targetBases.get(grid.target.prompt()))));
        }
        return out.build();
    }

    private static Place place(Place side, Spot spot, int layer) {
        return new Place(side.model(), spot.prompt(), spot.position(), layer);
    }
}
