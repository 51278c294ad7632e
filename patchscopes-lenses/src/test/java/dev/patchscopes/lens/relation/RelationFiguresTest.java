package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.BarSeries;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Table;
import dev.patchscopes.report.TableCell;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bars of made-up reports and edits. */
class RelationFiguresTest {

    private static PredictionOutcome prediction(
            FaithfulnessMethod method, String subject, int prefixPlace, int firstTokenPlace) {
        return new PredictionOutcome(
                0, method, 2, 1, subject, "x", top(), prefixPlace, firstTokenPlace, -1);
    }

    private static EditOutcome edit(EditMethod method, String subject, boolean right) {
        return new EditOutcome(
                0, method, 2, 8, subject, "x", "other", "y", top().get(0), right, false, .6, .3);
    }

    /** Which bar or group of bars stands for a method, a rule or a measure: all in their order. */
    private static <E extends Enum<E>> int place(E value) {
        return Arrays.asList(value.getDeclaringClass().getEnumConstants()).indexOf(value);
    }

    private static ImmutableList<TokenProbability> top() {
        return ImmutableList.of(new TokenProbability(1, " x", .5));
    }

    private static RelationReport report(ImmutableList<EditOutcome> edits) {
        FaithfulnessMethod linear = FaithfulnessMethod.LINEAR_RELATION;
        return new RelationReport(
                new RelationReportProvenance(
                        new LibraryVersion("0.1.0"),
                        new ModelIdentity(
                                "planted", "0123456789ab", "none", ComputeType.FLOAT32, "cpu"),
                        "capital",
                        9,
                        new RelationSettings(
                                "{}",
                                "{}",
                                "",
                                2,
                                ImmutableList.of(2),
                                ImmutableList.of(1.0),
                                ImmutableList.of(2),
                                ImmutableList.of(8),
                                ImmutableList.of(.1),
                                .5,
                                9,
                                1,
                                7)),
                ImmutableList.of(new RelationTrial(7, ImmutableList.of(), 4, 3, 5, 4, 2, 1, -1, 0)),
                ImmutableList.of(
                        prediction(linear, "a", 1, 0),
                        prediction(linear, "b", 1, 1),
                        prediction(linear, "c", 2, 2),
                        prediction(FaithfulnessMethod.LOGIT_LENS, "a", 0, 0)),
                edits);
    }

    private static RelationReport report() {
        return report(
                ImmutableList.of(
                        edit(EditMethod.LINEAR_RELATION, "a", true),
                        edit(EditMethod.LINEAR_RELATION, "b", false),
                        edit(EditMethod.RANDOM_SUBJECT, "a", false)));
    }

    @Test
    void barsAreTheRecallsOfEachMethodWithTheirIntervals() {
        RelationReport report = report();
        for (int k = 1; k <= 3; k++) {
            BarChart chart = report.recallChart(k);
            assertThat(chart.categories()).hasSize(FaithfulnessMethod.values().length);
            for (AnswerRule rule : AnswerRule.values()) {
                BarSeries bars = chart.series().get(place(rule));
                for (FaithfulnessMethod method : FaithfulnessMethod.values()) {
                    Rate rate = report.recall(method, rule, k);
                    assertThat(bars.values().get(place(method))).isEqualTo(Measured.of(rate));
                }
            }
        }
        Measured linear =
                report.recallChart(1)
                        .series()
                        .get(place(AnswerRule.PREFIX))
                        .values()
                        .get(place(FaithfulnessMethod.LINEAR_RELATION));
        assertThat(linear.value()).isEqualTo(2 / 3.0);
        assertThat(linear.low()).isEqualTo(new Rate(2, 3, 3).low());
    }

    @Test
    void methodsWithoutOutcomesHaveNoBar() {
        Measured corner =
                report().recallChart(1)
                        .series()
                        .get(0)
                        .values()
                        .get(place(FaithfulnessMethod.CORNER));
        assertThat(corner.isPresent()).isFalse();
        assertThat(corner.hasInterval()).isFalse();
    }

    @Test
    void editsAreByMethodAndControlsAreCalledSo() {
        RelationReport report = report();
        BarChart chart = report.editChart();
        for (EditSuccess success : EditSuccess.values()) {
            assertThat(chart.series().get(place(success)).values())
                    .containsExactlyElementsOf(
                            Arrays.stream(EditMethod.values())
                                    .map(method -> Measured.of(report.edited(method, success)))
                                    .toList());
        }
        assertThat(chart.categories().get(place(EditMethod.RANDOM_SUBJECT))).startsWith("control");
        assertThat(chart.categories().get(place(EditMethod.RANDOM_DIRECTION)))
                .startsWith("control");
        assertThat(chart.categories().subList(0, 4)).noneMatch(c -> c.startsWith("control"));
    }

    @Test
    void thePageLeavesOutEditsThatWereNotMade() {
        RelationReport without = report(ImmutableList.of());
        assertThat(report().page().blocks())
                .contains(report().recallChart(1), report().editChart());
        assertThat(without.page().blocks())
                .contains(without.recallChart(1))
                .doesNotContain(without.editChart());
        Table trials =
                (Table)
                        without.page().blocks().stream()
                                .filter(b -> b instanceof Table)
                                .findFirst()
                                .orElseThrow();
        assertThat(trials.rows().get(0))
                .extracting(TableCell::shown) // no layer of edits, not -1
                .containsExactly("7", "2", "1", "", "", "3 of 4", "4 of 5");
    }

    @Test
    void anEditIsShownBeforeAndAfter() {
        EditResult edit =
                new EditResult(
                        "France",
                        "Japan",
                        2,
                        8,
                        ImmutableList.of(
                                new TokenProbability(1, " Paris", .9),
                                new TokenProbability(2, " Tokyo", .01)),
                        ImmutableList.of(
                                new TokenProbability(1, " Paris", .2),
                                new TokenProbability(2, " Tokyo", .7)),
                        ImmutableList.of(new TokenProbability(2, " Tokyo", .7)));
        BarChart chart = edit.chart();
        assertThat(chart.categories()).containsExactly(" Paris", " Tokyo");
        assertThat(chart.series()).hasSize(2);
        assertThat(chart.series().get(0).baseline()).isTrue();
        assertThat(chart.series().get(0).values())
                .isEqualTo(List.of(Measured.of(.9), Measured.of(.01)));
        assertThat(chart.series().get(1).baseline()).isFalse();
        assertThat(chart.series().get(1).values())
                .isEqualTo(List.of(Measured.of(.2), Measured.of(.7)));
        assertThat(edit.page().blocks()).first().isEqualTo(chart);
    }
}
