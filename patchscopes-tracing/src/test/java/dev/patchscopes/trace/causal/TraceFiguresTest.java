package dev.patchscopes.trace.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import dev.patchscopes.trace.TraceModels;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pictures hold the numbers of traces. */
class TraceFiguresTest {
    private static final TraceKind[] KINDS = {
        TraceKind.RESIDUAL, TraceKind.MLP_OUT, TraceKind.RESIDUAL_ATTN_SEVERED
    };
    private static CausalTrace trace;
    private static TraceAverage average;

    @BeforeAll
    static void run() {
        try (HookedModel model = TraceModels.exact(DemoModel.SMALL)) {
            ImmutableList<FactPrompt> known = GroundTruth.of(DemoModel.SMALL).knownPrompts();
            FactPrompt fact = known.get(3);
            CausalTracing tracing = CausalTracing.of(model).kinds(KINDS).copies(3).seed(2);
            trace = tracing.prompt(fact.prompt()).subject(fact.positions()).run();
            average =
                    tracing.average(
                            IntStream.range(0, 6)
                                    .mapToObj(i -> known.get(i * known.size() / 6))
                                    .toList());
        }
    }

    @Test
    void cellsOfATraceAreItsGrids() {
        for (TraceKind kind : KINDS) {
            Heatmap map = trace.heatmap(kind);
            TraceGrid grid = trace.grid(kind);
            assertThat(map.rows().size()).isEqualTo(grid.tokens());
            assertThat(map.columns().size()).isEqualTo(grid.rows());
            assertThat(map.columns().title()).isEqualTo(kind.isResidual() ? "layer" : "block");
            for (int token = 0; token < grid.tokens(); token++) {
                for (int row = 0; row < grid.rows(); row++) {
                    HeatCell cell = map.at(token, row);
                    double effect = trace.indirectEffect(kind, row, token);
                    assertThat(cell.value(0)).isEqualTo(trace.value(kind, row, token));
                    assertThat(cell.value(1) * trace.totalEffect())
                            .isCloseTo(effect, within(1e-12));
                    assertThat(cell.value(2)).isEqualTo(effect);
                    assertThat(cell.note())
                            .startsWith(Estimate.of(grid.each(row, token)).toString());
                }
            }
        }
    }

    @Test
    void rowsAreTokensAndTheSubjectIsMarked() {
        Heatmap map = trace.heatmap(TraceKind.RESIDUAL);
        assertThat(map.rows().labels())
                .isEqualTo(trace.tokens().stream().map(TraceToken::text).toList());
        assertThat(map.rows().marked())
                .containsExactlyElementsOf(
                        IntStream.range(trace.subjectFrom(), trace.subjectTo()).boxed().toList());
        assertThat(map.columns().labels()).first().isEqualTo("0");
        assertThat(map.columns().marked()).isEmpty();
    }

    @Test
    void coloursGoFromTheCorruptedRunToTheCleanOne() {
        Measure shown = trace.heatmap(TraceKind.RESIDUAL).measures().get(0);
        assertThat(trace.clean()).isGreaterThan(trace.corrupted());
        assertThat(shown.low()).hasValue(trace.corrupted());
        assertThat(shown.high()).hasValue(trace.clean());
    }

    @Test
    void withoutATotalEffectThereIsNoShareOfIt() {
        CausalTrace none =
                new CausalTrace(
                        trace.provenance(),
                        trace.tokens(),
                        trace.subjectFrom(),
                        trace.subjectTo(),
                        0.5,
                        ImmutableList.of(0.5),
                        trace.grids());
        Heatmap map = none.heatmap(TraceKind.RESIDUAL);
        assertThat(map.at(0, 0).value(0)).isEqualTo(trace.value(TraceKind.RESIDUAL, 0, 0));
        assertThat(map.at(0, 0).value(1)).isNaN();
        assertThat(map.measures().get(0).low()).isEmpty();
    }

    @Test
    void kindsThatWereNotTracedHaveNoPicture() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trace.heatmap(TraceKind.ATTN_OUT))
                .withMessageContaining("was not traced");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> average.heatmap(TraceKind.ATTN_OUT))
                .withMessageContaining("was not traced");
        TraceAverage unsevered =
                new TraceAverage(
                        average.provenance(),
                        average.facts(),
                        0,
                        average.effects().stream()
                                .filter(e -> !e.kind().isSevered())
                                .collect(ImmutableList.toImmutableList()),
                        ImmutableList.of());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> unsevered.severed(TokenClass.LAST_SUBJECT))
                .withMessageContaining("add severed kinds");
    }

    @Test
    void pagesShowEveryKind() {
        assertThat(trace.page().blocks()).hasSize(KINDS.length + 2);
        for (int i = 0; i < KINDS.length; i++) {
            assertThat(trace.page().blocks().get(i))
                    .isEqualTo(trace.heatmap(trace.grids().get(i).kind()));
            TraceKind kind = average.kinds().asList().get(i);
            assertThat(average.page().blocks())
                    .contains(average.heatmap(kind), average.curves(kind));
        }
        assertThat(average.page().blocks()).contains(average.severed(TokenClass.LAST_SUBJECT));
    }

    @Test
    void averagesAreShownAsTheyAre() {
        for (TraceKind kind : KINDS) {
            List<TokenClass> classes =
                    Arrays.stream(TokenClass.values())
                            .filter(c -> !average.effects(kind, c).isEmpty())
                            .toList();
            Heatmap map = average.heatmap(kind);
            LineChart chart = average.curves(kind);
            assertThat(map.rows().labels())
                    .isEqualTo(classes.stream().map(TokenClass::label).toList());
            assertThat(chart.series()).extracting(Series::name).isEqualTo(map.rows().labels());
            for (int i = 0; i < classes.size(); i++) {
                for (ClassEffect e : average.effects(kind, classes.get(i))) {
                    HeatCell cell = map.at(i, e.row());
                    assertThat(cell.value(0)).isEqualTo(e.effect().mean());
                    assertThat(cell.note()).startsWith(e.effect().toString());
                    Series.Point point = chart.series().get(i).points().get(e.row());
                    assertThat(point.x()).isEqualTo(e.row());
                    assertThat(point.y()).isEqualTo(Measured.of(e.effect()));
                }
            }
        }
    }

    @Test
    void heldOutPeaksAboveZeroAreMarkedAndNoOtherCells() {
        Heatmap map = average.heatmap(TraceKind.RESIDUAL);
        int marked = 0;
        for (TokenClass tokenClass : TokenClass.values()) {
            int row = map.rows().labels().indexOf(tokenClass.label());
            for (int layer = 0; row >= 0 && layer < map.columns().size(); layer++) {
                int at = layer;
                boolean peak =
                        average.heldOutPeak(TraceKind.RESIDUAL, tokenClass)
                                .filter(p -> p.row() == at && p.test().low() > 0)
                                .isPresent();
                assertThat(map.at(row, layer).marked()).isEqualTo(peak);
                marked += peak ? 1 : 0;
            }
        }
        assertThat(marked).isPositive();
        HeldOutPeak peak =
                average.heldOutPeak(TraceKind.RESIDUAL, TokenClass.LAST_SUBJECT).orElseThrow();
        assertThat(map.at(map.rows().labels().indexOf("last subject"), peak.row()).note())
                .endsWith("held out " + peak.test());
        assertThat(map.rows().marked())
                .extracting(map.rows().labels()::get)
                .allMatch(label -> label.endsWith(" subject"))
                .contains("last subject");
    }

    @Test
    void aPeakThatMayBeNothingIsNotMarked() {
        ImmutableList<HeldOutPeak> none =
                average.heldOut().stream()
                        .map(p -> withHeldOut(p, new Estimate(.01, -.02, .04, 3)))
                        .collect(ImmutableList.toImmutableList());
        ImmutableList<HeldOutPeak> without =
                average.heldOut().stream()
                        .map(p -> withHeldOut(p, Estimate.of(List.of(.5))))
                        .collect(ImmutableList.toImmutableList());
        for (ImmutableList<HeldOutPeak> peaks : List.of(none, without)) {
            Heatmap map =
                    new TraceAverage(
                                    average.provenance(),
                                    average.facts(),
                                    average.skipped(),
                                    average.effects(),
                                    peaks)
                            .heatmap(TraceKind.RESIDUAL);
            assertThat(map.cells()).allSatisfy(r -> assertThat(r).noneMatch(HeatCell::marked));
        }
        assertThat(average.heatmap(TraceKind.RESIDUAL).cells().stream().flatMap(List::stream))
                .anyMatch(HeatCell::marked);
    }

    private static HeldOutPeak withHeldOut(HeldOutPeak peak, Estimate test) {
        return new HeldOutPeak(peak.kind(), peak.tokenClass(), peak.row(), peak.dev(), test);
    }

    @Test
    void metricsAreNamedAsPeopleSayThem() {
        assertThat(average.provenance().toString()).endsWith(", probability");
        assertThat(trace.provenance().toString()).endsWith(", probability");
    }

    @Test
    void peaksAreListedWithWhatTheyDoHeldOut() {
        Table table =
                average.page().blocks().stream()
                        .filter(Table.class::isInstance)
                        .map(Table.class::cast)
                        .findFirst()
                        .orElseThrow();
        assertThat(table.columns())
                .containsExactly(
                        "restored",
                        "tokens",
                        "layer or block",
                        "held out",
                        "low",
                        "high",
                        "above 0",
                        "facts",
                        "where chosen");
        assertThat(table.rows()).hasSameSizeAs(average.heldOut()).isNotEmpty();
        for (int i = 0; i < table.rows().size(); i++) {
            HeldOutPeak peak = average.heldOut().get(i);
            assertThat(table.rows().get(i))
                    .extracting(TableCell::exact)
                    .containsExactly(
                            peak.kind().label(),
                            peak.tokenClass().label(),
                            "" + peak.row(),
                            "" + peak.test().mean(),
                            exact(peak.test().low()),
                            exact(peak.test().high()),
                            Double.isNaN(peak.test().low())
                                    ? ""
                                    : peak.test().low() > 0 ? "yes" : "no",
                            "" + peak.test().count(),
                            "" + peak.dev().mean());
        }
    }

    private static String exact(double number) {
        return Double.isNaN(number) ? "" : Double.toString(number);
    }

    @Test
    void theUnseveredStreamIsTheBaselineOfTheSeveredOne() {
        LineChart chart = average.severed(TokenClass.LAST_SUBJECT);
        assertThat(chart.series()).extracting(Series::baseline).containsExactly(true, false);
        assertThat(chart.series().get(1).points())
                .extracting(Series.Point::y)
                .isEqualTo(
                        average
                                .effects(TraceKind.RESIDUAL_ATTN_SEVERED, TokenClass.LAST_SUBJECT)
                                .stream()
                                .map(e -> Measured.of(e.effect()))
                                .toList());
    }
}
