package dev.patchscopes.trace.knockout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.facts.GroundTruth;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.report.Table;
import dev.patchscopes.trace.TraceModels;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pictures hold the numbers of knockouts. */
class KnockoutFiguresTest {
    private static KnockoutResult single;
    private static KnockoutAverage average;
    private static ExtractionResult extraction;
    private static ExtractionResult blocked;

    @BeforeAll
    static void run() {
        try (HookedModel model = TraceModels.exact(DemoModel.SMALL)) {
            List<FactPrompt> facts = GroundTruth.of(DemoModel.SMALL).knownPrompts().subList(20, 32);
            AttentionKnockout plan = AttentionKnockout.of(model).window(2);
            single = plan.fact(facts.get(0)).perToken().run();
            average = plan.average(facts);
            extraction = AttributeExtraction.of(model).average(facts);
            blocked = AttributeExtraction.of(model).blockingSubject(0, 2).average(facts);
        }
    }

    private static void isAt(Series line, List<Measured> values) {
        assertThat(line.points()).extracting(Series.Point::y).isEqualTo(values);
        assertThat(line.points())
                .extracting(Series.Point::x)
                .isEqualTo(IntStream.range(0, values.size()).mapToObj(i -> (double) i).toList());
    }

    private static <T> List<T> each(IntFunction<T> at) {
        return IntStream.range(0, single.provenance().layers()).mapToObj(at).toList();
    }

    @Test
    void linesAreTheChangesOfGroups() {
        LineChart chart = single.curves();
        assertThat(chart.series())
                .extracting(Series::name)
                .contains(AttentionKnockout.SUBJECT, AttentionKnockout.LAST)
                .doesNotContain(AttentionKnockout.SUBJECT_BUT_FIRST);
        for (Series line : chart.series()) {
            isAt(line, each(c -> Measured.of(single.change(line.name(), c))));
            assertThat(line.baseline()).isFalse();
        }
        assertThat(chart.yTitle()).contains("%");
        Series butFirst = single.curves(AttentionKnockout.SUBJECT_BUT_FIRST).series().get(0);
        isAt(
                butFirst,
                each(c -> Measured.of(single.change(AttentionKnockout.SUBJECT_BUT_FIRST, c))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> single.curves("sink"))
                .withMessageContaining("\"sink\"");
    }

    @Test
    void groupsWithoutAnEdgeHaveNoLineAndAreNamed() {
        KnockoutCase measured = single.measured();
        KnockoutCurve none =
                new KnockoutCurve(
                        "nothing",
                        ImmutableList.of(),
                        each(c -> single.base()).stream().collect(ImmutableList.toImmutableList()));
        KnockoutResult result =
                new KnockoutResult(
                        single.provenance(),
                        new KnockoutCase(
                                measured.text(),
                                measured.ids(),
                                measured.pieces(),
                                measured.subject(),
                                measured.answer(),
                                measured.answerText(),
                                measured.base(),
                                ImmutableList.of(measured.curve(AttentionKnockout.SUBJECT), none)),
                        ImmutableList.of());
        assertThat(result.curves().series())
                .extracting(Series::name)
                .containsExactly(AttentionKnockout.SUBJECT);
        assertThat(result.curves().caption()).endsWith("No edge to cut: nothing.");
        assertThat(result.page().blocks()).noneMatch(Heatmap.class::isInstance);
        assertThatIllegalArgumentException()
                .isThrownBy(result::heatmap)
                .withMessageContaining("perToken()");
    }

    @Test
    void cellsAreTheMapOfTokens() {
        Heatmap map = single.heatmap();
        assertThat(map.rows().labels()).isEqualTo(single.measured().pieces());
        assertThat(map.rows().marked())
                .containsExactlyElementsOf(single.measured().subject())
                .isNotEmpty();
        for (int token = 0; token < map.rows().size(); token++) {
            for (int centre = 0; centre < map.columns().size(); centre++) {
                HeatCell cell = map.at(token, centre);
                assertThat(cell.value(0)).isEqualTo(single.change(token, centre));
                assertThat(cell.note())
                        .endsWith(
                                "blocks %d to %d"
                                        .formatted(
                                                single.provenance().firstBlock(centre),
                                                single.provenance().endBlock(centre) - 1));
            }
        }
        assertThat(single.page().blocks()).contains(single.curves(), map);
    }

    @Test
    void averagesHaveTheirIntervalsAndTheControlIsTheBaseline() {
        LineChart chart = average.curves();
        assertThat(chart.series()).hasSizeGreaterThan(3);
        for (Series line : chart.series()) {
            isAt(line, each(c -> Measured.of(average.change(line.name(), c))));
            assertThat(line.points()).allMatch(p -> p.y().hasInterval());
            assertThat(line.baseline()).isEqualTo(line.name().equals(AttentionKnockout.RANDOM));
        }
        assertThat(chart.series()).extracting(Series::name).contains(AttentionKnockout.RANDOM);
        isAt(
                average.overRandom().series().get(0),
                each(c -> Measured.of(average.subjectOverRandom(c))));
        assertThat(average.page().blocks()).contains(chart, average.overRandom());
    }

    @Test
    void theStrongestBlocksAreListedWithWhatTheyDoHeldOut() {
        Table table =
                average.page().blocks().stream()
                        .filter(Table.class::isInstance)
                        .map(Table.class::cast)
                        .findFirst()
                        .orElseThrow();
        List<HeldOutBlock> strongest =
                average.groups().stream()
                        .map(average::strongest)
                        .flatMap(Optional::stream)
                        .toList();
        assertThat(strongest).isNotEmpty();
        assertThat(table.columns())
                .containsExactly(
                        "cut off",
                        "block",
                        "held out",
                        "low",
                        "high",
                        "facts",
                        "where chosen",
                        "random there");
        assertThat(table.rows())
                .isEqualTo(
                        Table.of("", table.columns().toArray(String[]::new))
                                .withRows(strongest.stream().map(s -> row(s)).toList())
                                .rows());
    }

    private static List<Object> row(HeldOutBlock s) {
        return List.of(
                s.group(),
                s.centre(),
                s.test().mean(),
                s.test().low(),
                s.test().high(),
                s.test().count(),
                s.dev().mean(),
                s.random().mean());
    }

    @Test
    void extractionRatesAreThoseOfBlocks() {
        LineChart chart = extraction.curves(blocked);
        isAt(chart.series().get(0), each(b -> Measured.of(extraction.attention(b))));
        isAt(chart.series().get(1), each(b -> Measured.of(extraction.mlp(b))));
        isAt(chart.series().get(2), each(b -> Measured.of(blocked.attention(b))));
        isAt(chart.series().get(3), each(b -> Measured.of(blocked.mlp(b))));
        assertThat(chart.series())
                .extracting(Series::baseline)
                .containsExactly(false, false, true, true);
        assertThat(chart.series().get(2).name())
                .isEqualTo("attention, subject cut off in blocks 0 to 1");
        assertThat(extraction.curves().series()).isEqualTo(chart.series().subList(0, 2));
        assertThat(extraction.bars().series().get(0).values())
                .containsExactly(
                        Measured.of(extraction.anyAttention()), Measured.of(extraction.anyMlp()));
        ExtractionResult shorter =
                new ExtractionResult(
                        blocked.library(),
                        blocked.model(),
                        1,
                        blocked.blocked(),
                        blocked.execution(),
                        blocked.facts(),
                        0,
                        0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> extraction.curves(shorter))
                .withMessageContaining("are compared with 1");
    }

    @Test
    void withoutFactsRatesAreNoNumbers() {
        ExtractionResult none =
                new ExtractionResult(
                        blocked.library(),
                        blocked.model(),
                        2,
                        ImmutableList.of(),
                        blocked.execution(),
                        ImmutableList.of(),
                        3,
                        0);
        assertThat(none.curves().series())
                .allSatisfy(
                        line ->
                                assertThat(line.points())
                                        .noneMatch(point -> point.y().isPresent()));
    }
}
