package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.ColorScale;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Spacing;
import dev.patchscopes.trace.AnswerMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Pictures of patched cells, measured or estimated. */
final class PatchFigures {
    private PatchFigures() {}

    /** Where the cell of a row and a column is in a grid. */
    @FunctionalInterface
    private interface Index {
        int[] at(int row, int column);
    }

    // ---- heat maps ------------------------------------------------------------------------------

    static Heatmap heatmap(PatchedCells cells, PatchGrid grid) {
        int blocks = grid.shape().get(0);
        AxisLabels along = AxisLabels.of("block", IntStream.range(0, blocks).boxed().toList());
        return switch (grid.target().grain()) {
            case BLOCK ->
                    heatmap(
                            cells,
                            grid,
                            AxisLabels.of("token", List.of("all tokens")),
                            along,
                            (row, column) -> new int[] {column});
            case POSITION ->
                    heatmap(
                            cells,
                            grid,
                            tokens("token", cells),
                            along,
                            (row, column) -> new int[] {column, row});
            case HEAD -> {
                List<Integer> heads = IntStream.range(0, grid.shape().get(1)).boxed().toList();
                yield heatmap(
                        cells,
                        grid,
                        AxisLabels.of(head(grid), heads),
                        along,
                        (row, column) -> new int[] {column, row});
            }
            case POSITION_AND_HEAD -> {
                int heads = grid.shape().get(2);
                yield heatmap(
                        cells,
                        grid,
                        blocksAndHeads(grid, heads),
                        tokens("token", cells),
                        (row, column) -> new int[] {row / heads, column, row % heads});
            }
            case DESTINATION -> {
                int heads = grid.shape().get(1);
                yield heatmap(
                        cells,
                        grid,
                        blocksAndHeads(grid, heads),
                        tokens("token that attends", cells),
                        (row, column) -> new int[] {row / heads, row % heads, column});
            }
            case EDGE ->
                    throw new IllegalArgumentException(
                            "%s has a map for each of its heads: use heatmap(target, block, head)"
                                    .formatted(grid));
        };
    }

    static Heatmap heatmap(PatchedCells cells, PatchGrid grid, int block, int head) {
        checkArgument(
                grid.target().grain() == PatchGrain.EDGE,
                "%s has no map for each head, as %s has: use heatmap(target)",
                grid,
                PatchGrain.EDGE);
        grid.cell(block, head, 0, 0); // says what blocks and heads there are
        Heatmap map =
                heatmap(
                        cells,
                        grid,
                        tokens("token that attends", cells),
                        tokens("token attended to", cells),
                        (row, column) -> new int[] {block, head, row, column});
        return new Heatmap(
                "%s, block %d head %d".formatted(map.title(), block, head),
                map.caption(),
                map.rows(),
                map.columns(),
                map.measures(),
                map.cells());
    }

    private static Heatmap heatmap(
            PatchedCells cells, PatchGrid grid, AxisLabels rows, AxisLabels columns, Index index) {
        return Heatmap.of(
                        "%s of %s by %s"
                                .formatted(
                                        method(cells), site(grid.target()), grain(grid.target())),
                        rows,
                        columns,
                        measures(cells),
                        (row, column) -> cell(cells, grid, index.at(row, column)))
                .withCaption(caption(cells));
    }

    private static HeatCell cell(PatchedCells cells, PatchGrid grid, int[] index) {
        if (grid.target().grain() == PatchGrain.EDGE && index[3] > index[2]) {
            return HeatCell.empty(); // zero in both runs, and so never patched
        }
        PatchTarget target = grid.target();
        double effect = cells.effect(target, index);
        double metric = grid.mean(index);
        OptionalDouble normalised = cells.normalised(target, index);
        return normalised.isPresent()
                ? HeatCell.of("", normalised.getAsDouble(), effect, metric)
                : HeatCell.of("", effect, metric);
    }

    private static List<Measure> measures(PatchedCells cells) {
        AnswerMetric metric = cells.provenance().metric();
        List<Measure> all = new ArrayList<>();
        if (cells.isNormalised()) {
            // the ground is the run that is patched, so that colour is what the patch did
            all.add(
                    cells.provenance().direction() == PatchDirection.DENOISING
                            ? Measure.difference("recovered", "").between(-1, 1)
                            : new Measure(
                                    "kept",
                                    "",
                                    ColorScale.REVERSED,
                                    Spacing.LINEAR,
                                    OptionalDouble.of(0),
                                    OptionalDouble.of(1)));
        }
        all.add(Measure.difference("effect", metric.unit()));
        all.add(Measure.of(metric.label(), metric.unit()));
        return all;
    }

    private static AxisLabels blocksAndHeads(PatchGrid grid, int heads) {
        return AxisLabels.of(
                "block." + head(grid),
                IntStream.range(0, grid.shape().get(0) * heads)
                        .mapToObj(i -> "%d.%d".formatted(i / heads, i % heads))
                        .toList());
    }

    private static String head(PatchGrid grid) {
        return grid.axes().contains("kv_head") ? "key and value head" : "head";
    }

    /** Positions by the tokens that stand there, those marked at which prompts of a pair differ. */
    private static AxisLabels tokens(String title, PatchedCells cells) {
        List<PairReading> pairs = cells.pairs();
        List<Integer> positions = IntStream.range(0, pairs.get(0).clean().size()).boxed().toList();
        return AxisLabels.of(title, positions.stream().map(at -> token(pairs, at)).toList())
                .withMarked(
                        positions.stream()
                                .filter(
                                        at ->
                                                pairs.stream()
                                                        .anyMatch(
                                                                p ->
                                                                        !p.cleanIds()
                                                                                .get(at)
                                                                                .equals(
                                                                                        p.corruptedIds()
                                                                                                .get(
                                                                                                        at))))
                                .toList());
    }

    static String token(List<PairReading> pairs, int at) {
        ImmutableList<String> all =
                pairs.stream()
                        .flatMap(pair -> Stream.of(pair.clean().get(at), pair.corrupted().get(at)))
                        .collect(ImmutableSet.toImmutableSet())
                        .asList();
        return all.size() == 1
                ? all.get(0)
                : "%s/%s%s".formatted(all.get(0), all.get(1), all.size() > 2 ? "/..." : "");
    }

    // ---- words ----------------------------------------------------------------------------------

    static String method(PatchedCells cells) {
        return cells instanceof PatchingResult
                ? "Activation patching"
                : "Attribution patching (estimated)";
    }

    static String site(PatchTarget target) {
        return target.site().name().toLowerCase(Locale.ROOT);
    }

    static String grain(PatchTarget target) {
        return switch (target.grain()) {
            case BLOCK -> "block";
            case POSITION -> "token";
            case HEAD -> "head";
            case POSITION_AND_HEAD -> "head and token";
            case DESTINATION -> "head and token that attends";
            case EDGE -> "attention weight";
        };
    }

    private static String caption(PatchedCells cells) {
        boolean denoising = cells.provenance().direction() == PatchDirection.DENOISING;
        return String.format(
                Locale.ROOT,
                "%s: %s after clean prompts %s, after corrupted ones %s, mean over %s. %s Marked tokens differ between the prompts.%s",
                denoising
                        ? "From the clean run into the corrupted one"
                        : "From the corrupted run into the clean one",
                cells.provenance().metric().label(),
                Fixed.text(cells.cleanMetric(), 3),
                Fixed.text(cells.corruptedMetric(), 3),
                cells.pairs().size() == 1 ? "one pair" : cells.pairs().size() + " pairs",
                !cells.isNormalised()
                        ? "The two are too close for a scale between them."
                        : denoising
                                ? "Recovered: 0 as corrupted, 1 as clean."
                                : "Kept: 1 as clean, 0 as corrupted.",
                cells instanceof AttributionResult estimated
                        ? " Nothing here was run; " + estimated.approximation() + "."
                        : "");
    }
}
