package dev.patchscopes.trace.hops;

import static dev.patchscopes.trace.hops.PlantedHops.BRIDGE;
import static dev.patchscopes.trace.hops.PlantedHops.PAPER_ONLY;
import static dev.patchscopes.trace.hops.PlantedHops.RIGHT;
import static dev.patchscopes.trace.hops.PlantedHops.WRONG;
import static dev.patchscopes.trace.hops.PlantedHops.cells;
import static dev.patchscopes.trace.hops.PlantedHops.provenance;
import static dev.patchscopes.trace.hops.PlantedHops.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.trace.LayerPair;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What reports make of answers; cell 2 is l = 2, l* = 1. */
class MultiHopReportTest {
    private static final List<String> SUBJECTS =
            IntStream.range(0, 10).mapToObj(i -> "city " + i).toList();

    private static MultiHopReport report(HopReading... questions) {
        return new MultiHopReport(provenance(false, false), List.of(questions));
    }

    @Test
    void countsCellsAndBaselines() {
        MultiHopReport report =
                report(
                        reading("a", cells(cell -> cell == 2 || cell == 3)),
                        reading("b", BRIDGE, RIGHT, RIGHT, cells(cell -> cell == 2)),
                        reading("c", cells(cell -> cell == 0)),
                        reading("d", cells(cell -> false)));

        assertThat(report.at(2, 1).strict()).isEqualTo(new Rate(2, 4, 4));
        assertThat(report.at(2, 3).strict()).isEqualTo(new Rate(1, 4, 4));
        assertThat(report.oracle().strict()).isEqualTo(new Rate(3, 4, 4));
        assertThat(report.bestCell().strict()).isEqualTo(new FixedCell(2, 1, new Rate(2, 4, 4)));
        assertThat(report.direct().strict()).isEqualTo(new Rate(1, 4, 4));
        assertThat(report.stepByStep().paper()).isEqualTo(new Rate(0, 4, 4));
        assertThat(report.unpatched().paper()).isEqualTo(new Rate(0, 4, 4));
        assertThat(report.randomControl().oracle().strict()).isEqualTo(new Rate(0, 4, 4));
    }

    @Test
    void ordersOfLayersShareTheGridOut() {
        MultiHopReport report =
                report(
                        reading("a", cells(cell -> cell == 0)), // l 1, l* 1
                        reading("b", cells(cell -> cell == 1 || cell == 3)), // 1, 3 and 2, 3
                        reading("c", cells(cell -> cell == 2)), // 2, 1
                        reading("d", cells(cell -> cell >= 4))); // 4, 1 and 4, 3

        assertThat(report.within(LayerOrder.SAME).oracle().strict()).isEqualTo(new Rate(1, 4, 4));
        assertThat(report.within(LayerOrder.FORWARD).oracle().strict())
                .isEqualTo(new Rate(1, 4, 4));
        assertThat(report.within(LayerOrder.BACKWARD).oracle().strict())
                .isEqualTo(new Rate(2, 4, 4));
        assertThat(report.within(LayerOrder.FORWARD).at(2, 3).strict())
                .isEqualTo(report.at(2, 3).strict());
        assertThat(report.within(LayerOrder.FORWARD).pairs())
                .containsExactly(new LayerPair(1, 3), new LayerPair(2, 3));
        assertThatThrownBy(() -> report.within(LayerOrder.FORWARD).at(2, 1))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("layers 2 -> 1");
        assertThat(report.randomWithin(LayerOrder.BACKWARD).oracle().strict().hits()).isZero();
    }

    /** Cell 0 is l 1, l* 1, which is of neither order. */
    @Test
    void ordersChooseAmongTheirOwnCellsOnly() {
        MultiHopReport none = // no cell of any order answers
                report(
                        SUBJECTS.stream()
                                .map(s -> reading(s, cells(c -> c == 0)))
                                .toArray(HopReading[]::new));

        OrderRates forward = none.within(LayerOrder.FORWARD);
        assertThat(forward.heldOutCell().strict())
                .isEqualTo(new HeldOutCell(1, 3, new Rate(0, 5, 5), new Rate(0, 5, 5)));
        assertThat(none.within(LayerOrder.BACKWARD).heldOutCell().strict().sourceLayer())
                .isEqualTo(2);
        assertThat(none.within(LayerOrder.SAME).heldOutCell().strict().test())
                .isEqualTo(new Rate(5, 5, 5));
        assertThat(
                        none.within(LayerOrder.SAME)
                                .over(none.randomWithin(LayerOrder.SAME), 1)
                                .strict())
                .isEqualTo(new Difference(1, 1, 1));
    }

    @Test
    void answersMatchTheLayers() {
        String json =
                report(reading("a", cells(c -> true)), reading("b", cells(c -> true)))
                        .toJson()
                        .replace("\"sha256\"", "\"seal\"");

        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                MultiHopReport.fromJson(
                                        json.replace(
                                                "\"targetLayers\":[1,3]",
                                                "\"targetLayers\":[1,3,5]")))
                .withMessageContaining("has 6 patched and 6 random answers")
                .withMessageContaining("make 9 cells");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> report(reading("a", ImmutableList.of())))
                .withMessageContaining("has 0 patched");
    }

    @Test
    void failedQuestionsAreNotComparedWithDirectAnswers() {
        List<HopReading> questions =
                SUBJECTS.stream().map(s -> reading(s, cells(c -> true))).toList();

        assertThat(new MultiHopReport(provenance(false, false), questions).toString())
                .contains("same cell less direct");
        assertThat(new MultiHopReport(provenance(false, true), questions).toString())
                .contains("same cell less random")
                .doesNotContain("same cell less direct");
    }

    @Test
    void questionsCountByWhatTheModelKnows() {
        List<HopReading> questions =
                List.of(
                        reading("a", cells(cell -> true)),
                        reading("b", BRIDGE, RIGHT, RIGHT, cells(cell -> true)),
                        reading("c", WRONG, RIGHT, WRONG, cells(cell -> true)),
                        reading("d", BRIDGE, WRONG, WRONG, cells(cell -> true)),
                        reading("e", BRIDGE, PAPER_ONLY, WRONG, cells(cell -> true)));

        assertThat(new MultiHopReport(provenance(false, false), questions).counts())
                .isEqualTo(new ByScoring<>(new HopCounts(5, 2, 1, 2), new HopCounts(5, 3, 2, 3)));
        assertThat(new MultiHopReport(provenance(false, true), questions).counts())
                .isEqualTo(new ByScoring<>(new HopCounts(5, 2, 1, 1), new HopCounts(5, 3, 2, 2)));
        assertThat(new MultiHopReport(provenance(true, false), questions).counts().strict())
                .isEqualTo(new HopCounts(5, 2, 1, 5));
        assertThat(new MultiHopReport(provenance(true, true), questions).counts().strict())
                .isEqualTo(new HopCounts(5, 2, 1, 4));
        MultiHopReport failing = new MultiHopReport(provenance(false, true), questions);
        assertThat(failing.counted(Scoring.STRICT)).containsExactly(questions.get(0));
        assertThat(failing.direct().strict()).isEqualTo(new Rate(0, 1, 1));
        assertThat(failing.oracle().paper()).isEqualTo(new Rate(2, 2, 2));
    }

    /** Cell 1 is right on the dev half alone, cell 4 everywhere but on one dev subject. */
    @Test
    void choosesACellWithoutTheTestHalf() {
        ImmutableSet<String> dev = HitTable.half(SUBJECTS, 3);
        String missed = dev.asList().get(0);
        MultiHopReport report =
                report(
                        SUBJECTS.stream()
                                .map(
                                        s ->
                                                reading(
                                                        s,
                                                        cells(
                                                                c ->
                                                                        (c == 1 && dev.contains(s))
                                                                                || (c == 4
                                                                                        && !s
                                                                                                .equals(
                                                                                                        missed)))))
                                .toArray(HopReading[]::new));

        assertThat(report.heldOutCell().strict())
                .isEqualTo(new HeldOutCell(1, 3, new Rate(5, 5, 5), new Rate(0, 5, 5)));
        assertThat(report.bestCell().strict()).isEqualTo(new FixedCell(4, 1, new Rate(9, 10, 10)));
        assertThat(report.overDirect().strict()).isEqualTo(new Difference(0, 0, 0));
    }

    @Test
    void comparesWithEachControlOnTheTestHalf() {
        HopReading[] sure =
                SUBJECTS.stream().map(s -> reading(s, cells(c -> true))).toArray(HopReading[]::new);
        assertThat(report(sure).overRandom().strict()).isEqualTo(new Difference(1, 1, 1));
        assertThat(report(sure).overDirect().strict()).isEqualTo(new Difference(1, 1, 1));
        assertThat(report(sure).overStepByStep().strict()).isEqualTo(new Difference(1, 1, 1));
        assertThat(report(sure).overUnpatched().strict()).isEqualTo(new Difference(1, 1, 1));

        HopReading[] direct =
                SUBJECTS.stream()
                        .map(s -> reading(s, BRIDGE, RIGHT, RIGHT, cells(c -> true)))
                        .toArray(HopReading[]::new);
        assertThat(report(direct).overDirect().strict()).isEqualTo(new Difference(0, 0, 0));
        assertThat(report(direct).overStepByStep().strict()).isEqualTo(new Difference(1, 1, 1));
    }

    @Test
    void saysWhatItCannotTell() {
        MultiHopReport one = report(reading("a", cells(c -> true)));

        assertThatIllegalStateException()
                .isThrownBy(one::heldOutCell)
                .withMessageContaining("counts 1 samples of fewer than two subjects");
        assertThat(one.toString())
                .contains("any cell l < l*, patched", "1 counted")
                .doesNotContain("held-out");
    }

    @Test
    void goesThroughJson() {
        HopReading plain = reading("a \"b\" ü", cells(c -> c == 1));
        HopReading lastToken =
                new HopReading(
                        plain.question().withTarget(TargetPrompt.of("The currency of")),
                        BRIDGE,
                        RIGHT,
                        WRONG,
                        RIGHT,
                        Optional.of(
                                new HopPrompts(
                                        ImmutableList.of("a", "b"), 1, ImmutableList.of("c"), 0)),
                        PAPER_ONLY,
                        cells(c -> true),
                        cells(c -> c == 3));
        MultiHopReport report = report(plain, lastToken);
        MultiHopReport back = MultiHopReport.fromJson(report.toJson());

        assertThat(back).isEqualTo(report).hasSameHashCodeAs(report).hasToString(report.toString());
        assertThat(back.provenance()).isEqualTo(report.provenance());
        assertThat(back.questions()).isEqualTo(report.questions());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MultiHopReport.fromJson("{}"))
                .withMessage(
                        "this is not the JSON of a multi-hop report: field \"provenance\" is missing");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                MultiHopReport.fromJson(
                                        report.toJson()
                                                .replace("\"sha256\"", "\"seal\"")
                                                .replace("TWO_PROMPTS", "THREE_PROMPTS")))
                .withMessageContaining("form is \"THREE_PROMPTS\", expected one of [TWO_PROMPTS");
    }

    @Test
    void writesRatesAsCsv() {
        String csv =
                report(reading("a", cells(c -> c == 1)), reading("b", cells(c -> true))).toCsv();

        assertThat(csv.lines()).hasSize(1 + 3 * 2 + 2 * 2 * 6);
        assertThat(csv)
                .startsWith(
                        """
                        answer,scoring,source_layer,target_layer,share,low,high,hits,outcomes,subjects
                        direct,strict,,,0.000000,0.000000,0.657620,0,2,2
                        """)
                .contains("\npatched,strict,1,3,1.000000,0.342380,1.000000,2,2,2\n")
                .contains("\npatched,paper,4,1,0.500000,0.094531,0.905469,1,2,2\n")
                .contains("\nrandom,paper,4,3,0.000000,0.000000,0.657620,0,2,2\n")
                .doesNotContain("\r");
    }
}
