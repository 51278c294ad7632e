package dev.patchscopes;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.RankedItem;
import dev.patchscopes.text.Quoting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/** Grids as heat maps. */
final class GridFigures {
    private static final int RANKED = 5;

    /** Geometric mean of the tokens' probabilities, as texts of any length can be compared by. */
    private static final String OF_TEXT = "probability of the text, per token";

    private GridFigures() {}

    /** A measure, and what it is of a cell and of the target prompt without a patch. */
    private record Kind(Measure measure, ToDoubleBiFunction<CellResult, CellResult> number) {}

    static Heatmap heatmap(LayerGrid grid, List<String> asked) {
        return isDiagonal(grid)
                ? sideBySide(List.of(grid), asked).withCaption(caption(grid))
                : square(grid, asked);
    }

    /** Whether each cell has l* = l. */
    static boolean isDiagonal(LayerGrid grid) {
        return grid.cells().stream().allMatch(cell -> cell.sourceLayer() == cell.targetLayer());
    }

    static List<Integer> sourceLayers(LayerGrid grid) {
        return grid.cells().stream().map(LayerGrid.GridCell::sourceLayer).distinct().toList();
    }

    private static Heatmap square(LayerGrid grid, List<String> asked) {
        List<Integer> from = sourceLayers(grid);
        List<Integer> to =
                grid.cells().stream().map(LayerGrid.GridCell::targetLayer).distinct().toList();
        Map<GridPlan.LayerPair, CellResult> results = new HashMap<>();
        grid.cells()
                .forEach(
                        c ->
                                results.put(
                                        new GridPlan.LayerPair(c.sourceLayer(), c.targetLayer()),
                                        c.result()));
        ImmutableList<Kind> kinds = kinds(grid.unpatched(), asked);
        return Heatmap.of(
                        GridPages.title(grid),
                        AxisLabels.of("source layer l", from),
                        AxisLabels.of("target layer l*", to),
                        measures(kinds),
                        (row, column) -> {
                            CellResult result =
                                    results.get(
                                            new GridPlan.LayerPair(from.get(row), to.get(column)));
                            return result == null
                                    ? HeatCell.empty()
                                    : cell(result, grid.unpatched(), kinds);
                        })
                .withCaption(caption(grid));
    }

    /**
     * Grids with l* = l as columns.
     *
     * @param grids of the same layers, in which the same was read
     */
    static Heatmap sideBySide(List<LayerGrid> grids, List<String> asked) {
        LayerGrid first = grids.get(0);
        ImmutableList<Kind> kinds = kinds(first.unpatched(), asked);
        return Heatmap.of(
                grids.size() == 1
                        ? GridPages.title(first)
                        : "%d patchscopes, l* = l".formatted(grids.size()),
                AxisLabels.of("layer l = l*", sourceLayers(first)),
                AxisLabels.of(grids.size() == 1 ? "token" : "patchscope", GridPages.labels(grids)),
                measures(kinds),
                (row, column) -> {
                    LayerGrid grid = grids.get(column);
                    return cell(grid.cells().get(row).result(), grid.unpatched(), kinds);
                });
    }

    /** Names of what was read, by which grids can stand side by side or not. */
    static List<String> read(LayerGrid grid) {
        return kinds(grid.unpatched(), List.of()).stream().map(k -> k.measure().name()).toList();
    }

    private static List<Measure> measures(List<Kind> kinds) {
        return kinds.stream().map(Kind::measure).toList();
    }

    private static String caption(LayerGrid grid) {
        Place from = grid.provenance().source();
        Place to = grid.provenance().target();
        return "Layer l of token %s of %s in %s, written (%s) into layer l* over token %s of %s in %s. Without a patch: %s"
                .formatted(
                        from.prompt().token(from.position()),
                        GridPages.shown(from.prompt()),
                        from.model().name(),
                        grid.provenance().mapping(),
                        to.prompt().token(to.position()),
                        GridPages.shown(to.prompt()),
                        to.model().name(),
                        GridPages.answer(grid.unpatched()));
    }

    private static HeatCell cell(CellResult result, CellResult unpatched, List<Kind> kinds) {
        ImmutableList<TokenProbability> top = top(result);
        String generated = result.generation().map(Object::toString).orElse("");
        String token = top.isEmpty() ? "" : top.get(0).piece();
        boolean wrote = result.generation().filter(g -> !g.ids().isEmpty()).isPresent();
        return HeatCell.of(
                        wrote ? generated : token,
                        kinds.stream()
                                .mapToDouble(k -> k.number().applyAsDouble(result, unpatched))
                                .toArray())
                .withRanking(RankedItem.of(top));
    }

    private static double ofText(Generation generation) {
        return Math.exp(
                generation.tokens().stream()
                        .mapToDouble(token -> Math.log(token.probability()))
                        .average()
                        .orElse(Double.NaN));
    }

    /** The most probable tokens; of a distribution alone, its own. */
    static ImmutableList<TokenProbability> top(CellResult result) {
        return result.top().isEmpty()
                ? result.distribution().map(d -> d.top(RANKED)).orElse(ImmutableList.of())
                : result.top();
    }

    /** What can be measured of each cell, as the target prompt without a patch was read alike. */
    private static ImmutableList<Kind> kinds(CellResult read, List<String> asked) {
        int tokens = Math.max(read.probabilities().length(), read.logits().length());
        checkArgument(
                asked.isEmpty() || asked.size() == tokens,
                "%s names %s for the %s tokens that were asked for: give one each",
                asked.size(),
                asked,
                tokens);
        List<Kind> all = new ArrayList<>();
        if (read.generation().isPresent()) {
            // the first token alone is often a mark that stands before any answer
            all.add(
                    new Kind(
                            Measure.probability().named(OF_TEXT),
                            (cell, none) ->
                                    cell.generation().map(GridFigures::ofText).orElse(Double.NaN)));
        }
        if (!top(read).isEmpty()) {
            all.add(
                    new Kind(
                            Measure.probability(), (cell, none) -> top(cell).get(0).probability()));
            all.add(
                    new Kind(
                            Measure.difference("probability more than unpatched", ""),
                            (cell, none) -> change(top(cell).get(0), cell, none)));
            all.add(
                    new Kind(
                            Measure.difference("change of the unpatched answer", ""),
                            (cell, none) -> change(top(none).get(0), cell, none)));
        }
        for (int i = 0; i < tokens; i++) {
            int token = i;
            String name = asked.isEmpty() ? "asked token " + (i + 1) : Quoting.quote(asked.get(i));
            if (!read.probabilities().isEmpty()) {
                all.add(
                        new Kind(
                                Measure.probability().named("probability of " + name),
                                (cell, none) -> cell.probabilities().get(token)));
            } else {
                all.add(
                        new Kind(
                                Measure.of("logit of " + name, ""),
                                (cell, none) -> cell.logits().get(token)));
            }
        }
        if (read.distribution().isPresent()) {
            all.add(
                    new Kind(
                            Measure.entropy(),
                            (cell, none) ->
                                    cell.distribution()
                                            .map(TokenDistribution::entropy)
                                            .orElse(Double.NaN)));
        }
        if (!read.residual().isEmpty()) {
            all.add(
                    new Kind(
                            Measure.of("distance from the unpatched residual", "").from(0),
                            (cell, none) -> distance(cell.residual(), none.residual())));
            all.add(
                    new Kind(
                            Measure.of("length of the last residual", "").from(0),
                            (cell, none) -> length(cell.residual())));
        }
        return ImmutableList.copyOf(all);
    }

    private static double change(TokenProbability token, CellResult cell, CellResult unpatched) {
        return probability(cell, token.id()) - probability(unpatched, token.id());
    }

    /** What a cell gives a token; not a number if neither its top tokens nor a distribution say. */
    private static double probability(CellResult cell, int id) {
        return cell.distribution()
                .map(d -> d.probability(id))
                .orElseGet(
                        () ->
                                cell.top().stream()
                                        .filter(t -> t.id() == id)
                                        .mapToDouble(TokenProbability::probability)
                                        .findFirst()
                                        .orElse(Double.NaN));
    }

    private static double length(ImmutableDoubleArray vector) {
        return Math.sqrt(vector.stream().map(v -> v * v).sum());
    }

    private static double distance(ImmutableDoubleArray one, ImmutableDoubleArray other) {
        double squares = 0;
        for (int i = 0; i < one.length(); i++) {
            double d = one.get(i) - other.get(i);
            squares += d * d;
        }
        return Math.sqrt(squares);
    }
}
