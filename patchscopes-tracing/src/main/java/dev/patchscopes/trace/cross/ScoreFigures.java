package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Block;
import dev.patchscopes.report.ColorScale;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Prose;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Spacing;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.cross.CrossModelScores.Agreement;
import dev.patchscopes.trace.cross.CrossModelScores.PairScores;
import dev.patchscopes.trace.internal.PairMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Pictures of predictions patched across models. */
final class ScoreFigures {
    private static final String PRECISION = "precision@1 with the source";

    /** Pairs that fit into one bar chart of a page. */
    private static final int BARS = 12;

    /** Source layers that a page has a chart of. */
    private static final int CHARTS = 6;

    private ScoreFigures() {}

    private static PairMap map(CrossModelScores scores) {
        return PairMap.of(
                scores.pairs().stream()
                        .map(p -> new LayerPair(p.sourceLayer(), p.targetLayer()))
                        .toList());
    }

    static Heatmap heatmap(CrossModelScores scores) {
        boolean unmapped = isUnmapped(scores);
        List<Measure> measures =
                new ArrayList<>(
                        List.of(
                                Measure.of(PRECISION, "").between(0, 1),
                                Measure.of(PRECISION + ", random vectors", "").between(0, 1),
                                Measure.of("agreement with the unpatched target", "").between(0, 1),
                                new Measure(
                                        "surprisal of the patched prediction",
                                        "nats",
                                        ColorScale.REVERSED,
                                        Spacing.LINEAR,
                                        OptionalDouble.of(0),
                                        OptionalDouble.empty())));
        if (unmapped) {
            measures.add(Measure.of(PRECISION + ", state itself", "").between(0, 1));
        }
        return map(scores)
                .heatmap(
                        "Predictions of %s patched into %s"
                                .formatted(scores.source().name(), scores.target().name()),
                        measures,
                        pair -> cell(scores.at(pair.source(), pair.target()), unmapped))
                .withCaption(caption(scores));
    }

    private static boolean isUnmapped(CrossModelScores scores) {
        return scores.pairs().stream().anyMatch(p -> !p.unmapped().isEmpty());
    }

    private static HeatCell cell(PairScores pair, boolean unmapped) {
        List<Double> values =
                new ArrayList<>(
                        List.of(
                                pair.mapped().withSource().share(),
                                pair.randomVector().withSource().share(),
                                pair.mapped().withTarget().share(),
                                pair.mapped().surprisalOfPatchedPrediction().mean()));
        if (unmapped) {
            values.add(
                    pair.unmapped().stream()
                            .mapToDouble(a -> a.withSource().share())
                            .findFirst()
                            .orElse(Double.NaN));
        }
        return HeatCell.of(
                        String.format(Locale.ROOT, "%.2f", values.get(0)),
                        values.stream().mapToDouble(v -> v).toArray())
                .withNote(
                        "%s; random vectors: %s%s"
                                .formatted(
                                        pair.mapped(),
                                        pair.randomVector(),
                                        pair.unmapped().isEmpty()
                                                ? ""
                                                : "; state itself: " + pair.unmapped().get(0)));
    }

    private static String caption(CrossModelScores scores) {
        return "Share of %d texts after which the target says next what the source says; %s maps. Unpatched, the target agrees with the source in %s."
                .formatted(
                        scores.setup().texts(),
                        scores.setup().kind(),
                        scores.unpatched().withSource());
    }

    static LineChart curves(CrossModelScores scores, int sourceLayer) {
        List<PairScores> pairs =
                scores.pairs().stream().filter(p -> p.sourceLayer() == sourceLayer).toList();
        checkArgument(
                !pairs.isEmpty(),
                "source layer %s was not measured; those were: %s",
                sourceLayer,
                map(scores).sourceLayers());
        List<Integer> layers = pairs.stream().map(PairScores::targetLayer).sorted().toList();
        IntFunction<PairScores> at = layer -> scores.at(sourceLayer, layer);
        ImmutableList.Builder<Series> lines = ImmutableList.builder();
        lines.add(Series.of("mapped", layers, layer -> precision(at.apply(layer).mapped())));
        if (pairs.stream().anyMatch(p -> !p.unmapped().isEmpty())) {
            lines.add(
                    Series.of("state itself", layers, layer -> unmapped(at.apply(layer)))
                            .asBaseline());
        }
        lines.add(
                Series.of(
                                "random vectors",
                                layers,
                                layer -> precision(at.apply(layer).randomVector()))
                        .asBaseline(),
                Series.level("target unpatched", layers, precision(scores.unpatched())));
        return LineChart.of(
                        "Layer %d of %s patched into layers of %s"
                                .formatted(
                                        sourceLayer,
                                        scores.source().name(),
                                        scores.target().name()),
                        "target layer l*",
                        PRECISION,
                        lines.build())
                .between(0, 1)
                .withCaption(caption(scores));
    }

    private static Measured precision(Agreement agreement) {
        return Measured.of(agreement.withSource());
    }

    private static Measured unmapped(PairScores pair) {
        return pair.unmapped().stream()
                .findFirst()
                .map(ScoreFigures::precision)
                .orElse(Measured.of(Double.NaN));
    }

    static BarChart bars(CrossModelScores scores) {
        List<PairScores> pairs = scores.pairs();
        PairMap map = map(scores);
        List<BarSeries> series = new ArrayList<>();
        series.add(bars("mapped", pairs, p -> precision(p.mapped())));
        if (isUnmapped(scores)) {
            series.add(bars("state itself", pairs, ScoreFigures::unmapped).asBaseline());
        }
        series.add(bars("random vectors", pairs, p -> precision(p.randomVector())).asBaseline());
        series.add(
                bars("target unpatched", pairs, p -> precision(scores.unpatched())).asBaseline());
        return BarChart.of(
                        "Predictions patched between models beside their controls",
                        PRECISION,
                        pairs.stream()
                                .map(p -> map.label(new LayerPair(p.sourceLayer(), p.targetLayer())))
                                .toList(),
                        series)
                .between(0, 1)
                .withCaption(caption(scores));
    }

    private static BarSeries bars(
            String name, List<PairScores> pairs, Function<PairScores, Measured> of) {
        return BarSeries.of(name, pairs.stream().map(of).toList());
    }

    static Page page(CrossModelScores scores) {
        ImmutableList.Builder<Block> blocks = ImmutableList.builder();
        blocks.add(heatmap(scores));
        if (scores.pairs().size() <= BARS) {
            blocks.add(bars(scores));
        } else {
            List<Integer> layers = map(scores).sourceLayers();
            int every = (layers.size() + CHARTS - 1) / CHARTS;
            for (int i = 0; i < layers.size(); i += every) {
                blocks.add(curves(scores, layers.get(i)));
            }
        }
        CrossModelScores.Setup setup = scores.setup();
        blocks.add(
                new Prose(
                        "How it was measured",
                        "%d texts, one position of each, the first %d tokens left out; seed %d. Unpatched: %s."
                                .formatted(
                                        setup.texts(),
                                        setup.skipFirst(),
                                        setup.seed(),
                                        scores.unpatched())));
        return Page.of(
                "%s patched into %s".formatted(scores.source().name(), scores.target().name()),
                blocks.build());
    }
}
