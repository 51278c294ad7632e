package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Pages and tables of patched cells, measured or estimated. */
final class PatchPages {
    private static final int TOP = 5;

    /** Heads of single weights that a page shows. */
    private static final int HEADS = 4;

    private PatchPages() {}

    static Page page(PatchedCells cells) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        for (PatchGrid grid : cells.grids()) {
            if (grid.target().grain() == PatchGrain.EDGE) {
                blocks.addAll(strongestHeads(cells, grid));
            } else {
                blocks.add(PatchFigures.heatmap(cells, grid));
            }
        }
        blocks.add(top(cells));
        blocks.add(prompts(cells));
        blocks.add(new Prose("How it was measured", cells.provenance() + "."));
        return Page.of(
                "%s in %s".formatted(PatchFigures.method(cells), cells.provenance().model().name()),
                blocks.build());
    }

    /** The heads that hold the largest effects of single weights. */
    private static List<Heatmap> strongestHeads(PatchedCells cells, PatchGrid grid) {
        return cells.top(grid.target(), grid.size()).stream()
                .map(cell -> cell.index().subList(0, 2))
                .distinct()
                .limit(HEADS)
                .map(head -> PatchFigures.heatmap(cells, grid, head.get(0), head.get(1)))
                .toList();
    }

    private static Table top(PatchedCells cells) {
        List<List<?>> rows = new ArrayList<>();
        for (PatchGrid grid : cells.grids()) {
            for (PatchCell cell : cells.top(grid.target(), TOP)) {
                Optional<Estimate> interval = estimate(cells, cell);
                rows.add(
                        List.of(
                                PatchFigures.site(grid.target()),
                                place(cells, cell),
                                cell.metric(),
                                cell.effect(),
                                cell.normalised().orElse(Double.NaN),
                                interval.map(Estimate::low).orElse(Double.NaN),
                                interval.map(Estimate::high).orElse(Double.NaN)));
            }
        }
        return Table.of(
                        "Largest effects",
                        "patched",
                        "where",
                        cells.provenance().metric().label(),
                        "effect",
                        "normalised",
                        "low",
                        "high")
                .withRows(rows);
    }

    private static Optional<Estimate> estimate(PatchedCells cells, PatchCell cell) {
        PatchGrid grid = cells.grid(cell.target());
        int at = grid.cell(cell.index().stream().mapToInt(i -> i).toArray());
        return PairBootstrap.ifThereIsOne(
                cells.pairs(),
                grid.values().stream().mapToDouble(pair -> pair.get(at)).toArray(),
                cells.provenance().seed());
    }

    private static String place(PatchedCells cells, PatchCell cell) {
        List<String> parts = new ArrayList<>();
        for (int axis = 0; axis < cell.index().size(); axis++) {
            String name = cell.target().axes().get(axis);
            int at = cell.index().get(axis);
            boolean token = name.equals("pos") || name.equals("dest") || name.equals("src");
            parts.add(
                    token
                            ? "%s %d (%s)"
                                    .formatted(
                                            name, at, PatchFigures.token(cells.pairs(), at).strip())
                            : "%s %d".formatted(name, at));
        }
        return String.join(", ", parts);
    }

    private static Table prompts(PatchedCells cells) {
        return Table.of("Pairs of prompts", "clean", "corrupted", "after clean", "after corrupted")
                .withRows(
                        cells.pairs().stream()
                                .map(
                                        pair ->
                                                List.of(
                                                        String.join("", pair.clean()),
                                                        String.join("", pair.corrupted()),
                                                        pair.cleanMetric(),
                                                        pair.corruptedMetric()))
                                .toList());
    }

    static Table correlations(AttributionResult estimated, PatchingResult measured) {
        return Table.of("Estimated and measured effects", "patched", "by", "cells", "correlation")
                .withRows(
                        estimated.grids().stream()
                                .map(PatchGrid::target)
                                .filter(
                                        target ->
                                                measured.grids().stream()
                                                        .anyMatch(g -> g.target().equals(target)))
                                .map(
                                        target ->
                                                List.of(
                                                        PatchFigures.site(target),
                                                        PatchFigures.grain(target),
                                                        estimated.grid(target).size(),
                                                        estimated.correlation(measured, target)))
                                .toList());
    }
}
