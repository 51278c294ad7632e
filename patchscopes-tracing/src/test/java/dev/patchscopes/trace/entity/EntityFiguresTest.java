package dev.patchscopes.trace.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.TokenRelevance;
import dev.patchscopes.facts.Question;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Execution;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.trace.LayerPair;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures hold the numbers of descriptions and back-patchings. */
class EntityFiguresTest {
    private static final ModelIdentity MODEL =
            new ModelIdentity("m", "abc", "gpt2", ComputeType.FLOAT32, "cpu");
    private static final ImmutableList<LayerPair> DIAGONAL =
            ImmutableList.of(new LayerPair(1, 1), new LayerPair(3, 3), new LayerPair(4, 4));
    private static final ImmutableList<LayerPair> GRID =
            ImmutableList.of(new LayerPair(1, 0), new LayerPair(1, 2), new LayerPair(3, 2));

    private static EntityText said(String text, double probability) {
        return new EntityText(
                text,
                ImmutableList.of(5),
                ImmutableList.of(probability),
                new TokenRelevance(5, "a", probability, 0.25));
    }

    private static ImmutableList<Description> descriptions(
            List<LayerPair> pairs, List<String> texts) {
        return IntStream.range(0, pairs.size())
                .mapToObj(
                        i ->
                                new Description(
                                        pairs.get(i).source(),
                                        pairs.get(i).target(),
                                        said(texts.get(i), 0.5 + 0.1 * i)))
                .collect(ImmutableList.toImmutableList());
    }

    /** Entity i is right in the second pair, in the first if i is even, by chance if i is 0. */
    private static EntityEvaluation evaluation(ImmutableList<LayerPair> pairs, int n) {
        ImmutableList<DescribedEntity> entities =
                IntStream.range(0, n)
                        .mapToObj(
                                i ->
                                        new DescribedEntity(
                                                "e" + i,
                                                ImmutableList.of("e"),
                                                0,
                                                said(": a chemist", 0.5),
                                                descriptions(
                                                        pairs,
                                                        List.of(
                                                                i % 2 == 0 ? ": chemist" : ": a",
                                                                ": polish chemist",
                                                                ": nothing")),
                                                descriptions(
                                                        pairs,
                                                        List.of(
                                                                i == 0 ? ": chemist" : ": b",
                                                                ": c",
                                                                ": d"))))
                        .collect(ImmutableList.toImmutableList());
        EntityProvenance plan =
                new EntityProvenance(
                        LibraryVersion.current(),
                        MODEL,
                        MODEL,
                        "{}",
                        "Syria: country, x",
                        ImmutableList.of("x"),
                        0,
                        pairs,
                        ImmutableList.of("identity", "identity", "identity"),
                        20,
                        ImmutableList.of(","),
                        false,
                        3,
                        Execution.EXACT);
        return new EntityEvaluation(
                new EntityReport(plan, said(": an actor", 0.5), entities),
                IntStream.range(0, n)
                        .mapToObj(
                                i ->
                                        new EntityReference(
                                                "e" + i,
                                                "chemist, polish", // Rouge-L minds the order
                                                ImmutableList.of("chemist"),
                                                Optional.of((double) i)))
                        .collect(ImmutableList.toImmutableList()));
    }

    private static Series line(LineChart chart, String name) {
        return chart.series().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void descriptionsStandInTheirCells() {
        EntityReport report = evaluation(DIAGONAL, 4).report();
        Heatmap map = report.heatmap();
        assertThat(map.rows().labels()).containsExactly("e0", "e1", "e2", "e3");
        assertThat(map.columns().labels()).containsExactly("1", "3", "4");
        for (int i = 0; i < 4; i++) {
            for (int pair = 0; pair < 3; pair++) {
                Description d = report.entities().get(i).patched().get(pair);
                HeatCell cell = map.at(i, pair);
                assertThat(cell.text()).isEqualTo(d.said().description());
                assertThat(cell.value(0)).isEqualTo(d.said().first().patched());
                assertThat(cell.value(1)).isEqualTo(d.said().first().relevance());
            }
        }
        assertThat(map.at(0, 0).note()).isEqualTo("random vector: \"chemist\"");
        assertThat(map.caption()).contains("an actor");
        assertThat(evaluation(GRID, 2).report().heatmap().columns().labels())
                .containsExactly("1 -> 0", "1 -> 2", "3 -> 2");
    }

    @Test
    void curvesAreTheRatesAndControlsAreBaselines() {
        EntityEvaluation e = evaluation(DIAGONAL, 10);
        LineChart chart = e.curves();
        assertThat(line(chart, "patched").points())
                .containsExactlyElementsOf(
                        DIAGONAL.stream()
                                .map(
                                        p ->
                                                new Series.Point(
                                                        p.source(),
                                                        Measured.of(
                                                                e.named()
                                                                        .at(
                                                                                p.source(),
                                                                                p.target()))))
                                .toList());
        assertThat(line(chart, "random vectors").points().get(0).y())
                .isEqualTo(Measured.of(new Rate(1, 10, 10)));
        assertThat(line(chart, "placeholder unpatched").points())
                .hasSize(3)
                .allMatch(p -> p.y().equals(Measured.of(e.namedByPlaceholder())));
        assertThat(line(chart, "by name").points().get(0).y())
                .isEqualTo(Measured.of(e.namedDirectly()));
        HeldOutCell chosen = e.named().heldOut();
        assertThat(line(chart, "held-out layer, other half").points())
                .containsExactly(new Series.Point(3, Measured.of(chosen.test())));
        assertThat(chart.series())
                .extracting(Series::baseline)
                .containsExactly(false, false, true, true, true);
        assertThat(chart.xTitle()).isEqualTo("layer l = l*");
    }

    @Test
    void rougeCurvesAreTheMeanScores() {
        EntityEvaluation e = evaluation(DIAGONAL, 6);
        LineChart sequence = e.sequenceCurves();
        assertThat(line(sequence, "patched").points().get(1).y())
                .isEqualTo(Measured.of(e.patchedRouge(3, 3).sequence().f1()));
        assertThat(line(sequence, "random vectors").points().get(0).y())
                .isEqualTo(Measured.of(e.randomRouge(1, 1).sequence().f1()));
        assertThat(line(sequence, "by name").points().get(2).y())
                .isEqualTo(Measured.of(e.directRouge().sequence().f1()));
        assertThat(line(e.wordCurves(), "placeholder unpatched").points().get(0).y())
                .isEqualTo(Measured.of(e.placeholderRouge().words().f1()));
        LineChart halves = e.halves().curves();
        assertThat(line(halves, "less popular half").points().get(0).y())
                .isEqualTo(Measured.of(e.least(3).patchedRouge(1, 1).sequence().f1()));
        assertThat(line(halves, "more popular half").points().get(0).y())
                .isEqualTo(Measured.of(e.most(3).patchedRouge(1, 1).sequence().f1()))
                .isNotEqualTo(line(halves, "less popular half").points().get(0).y());
    }

    @Test
    void anEntityIsWrittenOutLayerByLayer() {
        DescribedEntity entity = evaluation(GRID, 1).report().entities().get(0);
        assertThat(entity.page().blocks())
                .containsExactly(
                        Table.of(
                                        "e0 (by name: a chemist)",
                                        "l",
                                        "l*",
                                        "description",
                                        "first token",
                                        "probability",
                                        "more than unpatched")
                                .withRow(1, 0, "chemist", "a", 0.5, 0.25)
                                .withRow(1, 2, "polish chemist", "a", 0.6, 0.35)
                                .withRow(3, 2, "nothing", "a", 0.7, 0.7 - 0.25));
    }

    @Test
    void gridsAreHeatMapsWithTheHeldOutPairMarked() {
        EntityEvaluation e = evaluation(GRID, 10);
        Heatmap map = e.heatmap();
        assertThat(map.rows().labels()).containsExactly("1", "3");
        assertThat(map.columns().labels()).containsExactly("0", "2");
        assertThat(map.at(0, 0).values().asList()).containsExactly(0.5, 0.1, 0.4);
        assertThat(map.at(0, 1).values().asList()).containsExactly(1.0, 0.0, 1.0);
        assertThat(map.at(1, 1).value(0)).isZero();
        assertThat(map.at(1, 0)).isEqualTo(HeatCell.empty());
        assertThat(map.at(1, 0).value(0)).isNaN();
        assertThat(map.at(0, 1).marked()).isTrue();
        assertThat(map.at(0, 1).note()).endsWith("held out " + e.named().heldOut().test());
        assertThat(map.at(0, 0).marked()).isFalse();
        assertThat(map.at(0, 0).note()).contains(e.named().at(1, 0).toString());
        assertThat(e.rougeHeatmap().at(0, 1).values().asList())
                .containsExactly(
                        e.patchedRouge(1, 2).sequence().f1().mean(),
                        e.patchedRouge(1, 2).words().f1().mean(),
                        e.randomRouge(1, 2).sequence().f1().mean());
        assertThatIllegalStateException()
                .isThrownBy(e::curves)
                .withMessageContaining("use the heat map");
        assertThat(e.page().blocks()).contains(map, e.bars(), e.rougeHeatmap());
        assertThat(e.halves().page().blocks()).contains(e.halves().least().heatmap());
    }

    @Test
    void barsCompareWithEveryControl() {
        EntityEvaluation e = evaluation(DIAGONAL, 10);
        BarChart chart = e.bars();
        assertThat(chart.categories()).containsExactly("any layer", "held-out layer");
        assertThat(chart.series())
                .containsExactly(
                        BarSeries.of(
                                "patched",
                                List.of(
                                        Measured.of(e.named().oracle()),
                                        Measured.of(e.named().heldOut().test()))),
                        BarSeries.of(
                                        "random vectors",
                                        List.of(
                                                Measured.of(e.namedByRandom().oracle()),
                                                Measured.of(e.namedByRandom().heldOut().test())))
                                .asBaseline(),
                        BarSeries.of(
                                        "placeholder unpatched",
                                        List.of(
                                                Measured.of(e.namedByPlaceholder()),
                                                Measured.of(e.namedByPlaceholder())))
                                .asBaseline(),
                        BarSeries.of(
                                        "by name",
                                        List.of(
                                                Measured.of(e.namedDirectly()),
                                                Measured.of(e.namedDirectly())))
                                .asBaseline());
        assertThat(chart.caption()).contains(e.overRandom().toString());
        BarChart one = evaluation(DIAGONAL, 1).bars();
        assertThat(one.categories()).containsExactly("any layer");
        assertThat(evaluation(DIAGONAL, 1).heatmap().at(0, 0).marked()).isFalse();
    }

    private static BackPatchedAnswer answer(String text) {
        return new BackPatchedAnswer(text, ImmutableList.of(), ImmutableList.of());
    }

    @Test
    void backPatchingIsAHeatMapBesideItsControls() {
        ImmutableList<LayerPair> pairs =
                ImmutableList.of(new LayerPair(1, 0), new LayerPair(2, 0), new LayerPair(2, 1));
        BackPatchingReport report =
                new BackPatchingReport(
                        new BackPatchingProvenance(
                                LibraryVersion.current(),
                                MODEL,
                                "last",
                                pairs,
                                5,
                                3,
                                Execution.EXACT),
                        IntStream.range(0, 8)
                                .mapToObj(
                                        i ->
                                                new BackPatchedQuestion(
                                                        new Question("q" + i, "yen"),
                                                        "s" + i,
                                                        ImmutableList.of(),
                                                        0,
                                                        answer(i == 0 ? " yen" : " no"),
                                                        ImmutableList.of(
                                                                answer(" no"),
                                                                answer(" yen"),
                                                                answer(i < 2 ? " yen" : " no")),
                                                        ImmutableList.of(
                                                                answer(i < 4 ? " yen" : " no"),
                                                                answer(" no"),
                                                                answer(" no"))))
                                .collect(ImmutableList.toImmutableList()));
        Heatmap map = report.heatmap();
        assertThat(map.rows().labels()).containsExactly("1", "2");
        assertThat(map.columns().labels()).containsExactly("0", "1");
        assertThat(map.at(0, 0).values().asList()).containsExactly(0.0, 0.5, -0.5);
        assertThat(map.at(1, 0).values().asList()).containsExactly(1.0, 0.0, 1.0);
        assertThat(map.at(1, 1).values().asList()).containsExactly(0.25, 0.0, 0.25);
        assertThat(map.at(0, 1)).isEqualTo(HeatCell.empty());
        assertThat(map.cells().stream().flatMap(List::stream).filter(HeatCell::marked))
                .containsExactly(map.at(1, 0));
        assertThat(report.bars().series())
                .extracting(s -> s.values().get(0))
                .containsExactly(
                        Measured.of(report.patched().oracle()),
                        Measured.of(report.random().oracle()),
                        Measured.of(report.plain()));
        assertThat(report.bars().series())
                .extracting(BarSeries::baseline)
                .containsExactly(false, true, true);
        assertThat(report.page().blocks()).contains(map, report.bars());
    }
}
