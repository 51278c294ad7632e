package dev.patchscopes.trace.cross;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Table;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.internal.PairMap;
import java.util.List;

/** Pictures of how well maps between two models fit. */
final class MapFigures {

    private MapFigures() {}

    static Heatmap heatmap(CrossModelReport report) {
        return PairMap.of(
                        report.pairs().stream()
                                .map(p -> new LayerPair(p.sourceLayer(), p.targetLayer()))
                                .toList())
                .heatmap(
                        "Variance of held-out states that %s maps explain"
                                .formatted(report.setup().kind()),
                        List.of(
                                Measure.of("variance explained (R^2), held out", "").between(0, 1),
                                Measure.of("variance explained (R^2), fitted to", "").between(0, 1),
                                Measure.of("error saved beside the best constant", "")
                                        .between(0, 1)),
                        pair -> cell(report.at(pair.source(), pair.target())))
                .withCaption(caption(report));
    }

    private static HeatCell cell(CrossModelReport.PairReport map) {
        HeatCell cell =
                HeatCell.of("", map.heldOutVariance(), map.fittedVariance(), map.overMean());
        return map.penalty() == 0
                ? cell
                : cell.withNote("penalty %s of the mean variance".formatted(map.penalty()));
    }

    private static String caption(CrossModelReport report) {
        CrossModelReport.Setup setup = report.setup();
        return "Maps from %s to %s, fitted to %d pairs of states and measured on %d of texts held out. 1: without error; 0 or less: no better than the mean."
                .formatted(
                        report.source().name(),
                        report.target().name(),
                        setup.fitted(),
                        setup.measured());
    }

    private static Table table(CrossModelReport report) {
        return Table.of(
                        "Maps",
                        "source layer l",
                        "target layer l*",
                        "penalty",
                        "R^2 fitted to",
                        "R^2 held out",
                        "over the mean")
                .withRows(
                        report.pairs().stream()
                                .map(
                                        p ->
                                                List.of(
                                                        p.sourceLayer(),
                                                        p.targetLayer(),
                                                        p.penalty(),
                                                        p.fittedVariance(),
                                                        p.heldOutVariance(),
                                                        p.overMean()))
                                .toList());
    }

    static Page page(CrossModelReport report) {
        CrossModelReport.Setup setup = report.setup();
        return Page.of(
                "Maps from %s to %s".formatted(report.source().name(), report.target().name()),
                ImmutableList.of(
                        heatmap(report),
                        table(report),
                        new Prose(
                                "How it was measured",
                                "%d texts (%d aligned nowhere, %d repeated), %s of each, tokens left out at the start: %d; %d states to choose penalties on; seed %d."
                                        .formatted(
                                                setup.texts(),
                                                setup.unaligned(),
                                                setup.repeated(),
                                                setup.positionsPerText() == Integer.MAX_VALUE
                                                        ? "all positions"
                                                        : "%d positions at most"
                                                                .formatted(
                                                                        setup.positionsPerText()),
                                                setup.skipFirst(),
                                                setup.choosing(),
                                                setup.seed()))));
    }
}
