package dev.patchscopes.lens.feature;

import static dev.patchscopes.lens.feature.Planted.PAPER_ONLY;
import static dev.patchscopes.lens.feature.Planted.RIGHT;
import static dev.patchscopes.lens.feature.Planted.WRONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.Difference;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.OutOfRangeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FeatureExtractionReportTest {

    private static final List<String> SUBJECTS =
            IntStream.range(0, 10).mapToObj(i -> "country " + i).toList();

    private static FeatureExtractionReport report(List<SampleReading> samples) {
        return new FeatureExtractionReport(Planted.provenance(3), WRONG, samples);
    }

    @Test
    void countsCells() {
        FeatureExtractionReport report =
                report(
                        List.of(
                                Planted.reading("a", Planted.cells(cell -> cell == 1)),
                                Planted.reading("b", Planted.cells(cell -> cell == 1 || cell == 4)),
                                Planted.reading("c", Planted.cells(cell -> cell == 5)),
                                Planted.reading("d", Planted.cells(cell -> false))));

        assertThat(report.at(2, 4).strict()).isEqualTo(new Rate(2, 4, 4));
        assertThat(report.at(6, 1).strict()).isEqualTo(new Rate(1, 4, 4));
        assertThat(report.at(5, 1).strict()).isEqualTo(new Rate(0, 4, 4));
        assertThat(report.oracle().strict()).isEqualTo(new Rate(3, 4, 4));
        assertThat(report.oracleAt(2).strict()).isEqualTo(new Rate(2, 4, 4));
        assertThat(report.oracleAt(5).strict()).isEqualTo(new Rate(0, 4, 4));
        assertThat(report.oracleAt(6).strict()).isEqualTo(new Rate(2, 4, 4));
        assertThat(report.patched().matrix(Scoring.STRICT))
                .extracting(row -> row.asList())
                .containsExactly(List.of(0.0, 0.5), List.of(0.0, 0.0), List.of(0.25, 0.25));
        assertThat(report.randomControl().oracle().strict()).isEqualTo(new Rate(0, 4, 4));
        assertThat(report.placeholder().strict()).isEqualTo(new Rate(0, 4, 4));
        assertThat(report.direct().strict()).isEqualTo(new Rate(4, 4, 4));
    }

    @Test
    void keepsTheScoringsApart() {
        ImmutableList<String> never = Planted.cells(cell -> false);
        ImmutableList<String> paperly =
                ImmutableList.of(PAPER_ONLY, RIGHT, WRONG, WRONG, WRONG, WRONG);
        FeatureExtractionReport report =
                new FeatureExtractionReport(
                        Planted.provenance(3),
                        PAPER_ONLY,
                        List.of(
                                new SampleReading(Planted.sample("a"), RIGHT, paperly, never),
                                new SampleReading(Planted.sample("b"), PAPER_ONLY, paperly, never),
                                new SampleReading(
                                        Planted.sample("c"),
                                        WRONG,
                                        ImmutableList.of(),
                                        ImmutableList.of())));

        assertThat(report.direct())
                .isEqualTo(new ByScoring<>(new Rate(1, 3, 3), new Rate(2, 3, 3)));
        assertThat(report.at(2, 1))
                .isEqualTo(new ByScoring<>(new Rate(0, 1, 1), new Rate(2, 2, 2)));
        assertThat(report.at(2, 4))
                .isEqualTo(new ByScoring<>(new Rate(1, 1, 1), new Rate(2, 2, 2)));
        assertThat(report.placeholder())
                .isEqualTo(new ByScoring<>(new Rate(0, 1, 1), new Rate(2, 2, 2)));
        assertThat(report.counted(Scoring.PAPER)).hasSize(2);
    }

    /** Cell 1 is right on the dev half alone, cell 4 everywhere but on one dev subject. */
    @Test
    void choosesACellWithoutTheTestHalf() {
        ImmutableSet<String> dev = HitTable.half(SUBJECTS, 3);
        String missed = dev.asList().get(0);
        FeatureExtractionReport report =
                report(
                        SUBJECTS.stream()
                                .map(
                                        s ->
                                                Planted.reading(
                                                        s,
                                                        Planted.cells(
                                                                cell ->
                                                                        cell == 1
                                                                                ? dev.contains(s)
                                                                                : cell == 4
                                                                                        && !s
                                                                                                .equals(
                                                                                                        missed))))
                                .toList());

        assertThat(dev).hasSize(5);
        assertThat(report.at(2, 4).strict()).isEqualTo(new Rate(5, 10, 10));
        assertThat(report.at(6, 1).strict()).isEqualTo(new Rate(9, 10, 10));
        assertThat(report.heldOutCell().strict())
                .isEqualTo(new HeldOutCell(2, 4, new Rate(5, 5, 5), new Rate(0, 5, 5)));
        assertThat(report.overRandom().strict()).isEqualTo(new Difference(0, 0, 0));
    }

    @Test
    void theChoiceIgnoresWhateverTheTestHalfSays() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        ImmutableSet<String> dev = HitTable.half(SUBJECTS, 3);
        List<ImmutableList<String>> fixed =
                SUBJECTS.stream().map(s -> Planted.cells(cell -> random.nextBoolean())).toList();
        Set<String> chosen = new HashSet<>();
        Set<Rate> tests = new HashSet<>();
        for (int trial = 0; trial < 50; trial++) {
            List<SampleReading> samples = new ArrayList<>();
            for (int i = 0; i < SUBJECTS.size(); i++) {
                samples.add(
                        Planted.reading(
                                SUBJECTS.get(i),
                                dev.contains(SUBJECTS.get(i))
                                        ? fixed.get(i)
                                        : Planted.cells(cell -> random.nextBoolean())));
            }
            HeldOutCell cell = report(samples).heldOutCell().strict();
            chosen.add(cell.sourceLayer() + "-" + cell.targetLayer() + " " + cell.dev());
            tests.add(cell.test());
        }
        assertThat(chosen).as("seed %d", seed).hasSize(1);
        assertThat(tests).as("seed %d", seed).hasSizeGreaterThan(1);
    }

    @Test
    void keepsSentencesOfASubjectTogetherAndTakesTheFirstOfEquals() {
        List<SampleReading> samples = new ArrayList<>();
        for (String subject : List.of("a", "b", "b", "b")) {
            samples.add(Planted.reading(subject, Planted.cells(cell -> cell >= 2)));
        }
        HeldOutCell cell = report(samples).heldOutCell().strict();

        assertThat(Set.of(cell.dev(), cell.test()))
                .isEqualTo(Set.of(new Rate(1, 1, 1), new Rate(3, 3, 1)));
        assertThat(cell.dev().low()).isEqualTo(cell.test().low()); // one subject each
        assertThat(cell.sourceLayer()).isEqualTo(5);
        assertThat(cell.targetLayer()).isEqualTo(1);
    }

    /** With all or nothing on the test half, every draw is the same. */
    @Test
    void comparesWithTheControlsOnTheTestHalf() {
        List<SampleReading> sure =
                SUBJECTS.stream().map(s -> Planted.reading(s, Planted.cells(c -> true))).toList();
        assertThat(report(sure).overRandom().strict()).isEqualTo(new Difference(1, 1, 1));
        assertThat(report(sure).overPlaceholder().paper()).isEqualTo(new Difference(1, 1, 1));
        assertThat(
                        new FeatureExtractionReport(Planted.provenance(3), RIGHT, sure)
                                .overPlaceholder()
                                .strict())
                .isEqualTo(new Difference(0, 0, 0));

        ImmutableSet<String> dev = HitTable.half(SUBJECTS, 3);
        String lucky = SUBJECTS.stream().filter(s -> !dev.contains(s)).findFirst().orElseThrow();
        Difference one =
                report(
                                SUBJECTS.stream()
                                        .map(
                                                s ->
                                                        Planted.reading(
                                                                s,
                                                                Planted.cells(
                                                                        c ->
                                                                                dev.contains(s)
                                                                                        || s.equals(
                                                                                                lucky))))
                                        .toList())
                        .overRandom()
                        .strict();
        assertThat(one.value()).isEqualTo(0.2);
        assertThat(one.low()).isEqualTo(0); // (4/5)^5 of the draws miss the lucky one
        assertThat(one.high()).isEqualTo(0.6); // a binomial of 5 and 1/5: 99.3 % have at most 3
    }

    @Test
    void saysWhatItCannotTell() {
        FeatureExtractionReport one =
                report(List.of(Planted.reading("a", Planted.cells(c -> true))));

        assertThat(one.patched().hasHeldOutCell()).isFalse();
        assertThatIllegalStateException()
                .isThrownBy(one::heldOutCell)
                .withMessageContaining("counts 1 samples of fewer than two subjects");
        assertThat(one.toString()).contains("any cell, patched").doesNotContain("held-out");
        assertThatThrownBy(() -> one.at(3, 1))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("source layer 3 was not swept; those were: [2, 5, 6]");
        assertThatThrownBy(() -> one.at(2, 2))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessage("target layer 2 was not swept; those were: [1, 4]");
    }

    /** Ends p of one of two draws solve (1/2 - p)^2 = z^2 p (1 - p) / 2. */
    @Test
    void sentencesOfASubjectDoNotNarrowIntervals() {
        List<SampleReading> samples = new ArrayList<>();
        for (String subject : List.of("a", "b")) {
            for (int sentence = 0; sentence < 3; sentence++) {
                samples.add(Planted.reading(subject, Planted.cells(cell -> subject.equals("a"))));
            }
        }
        Rate rate = report(samples).at(2, 4).strict();

        assertThat(rate).isEqualTo(new Rate(3, 6, 2));
        assertThat(Math.pow(0.5 - rate.low(), 2))
                .isCloseTo(
                        Math.pow(1.959963984540054, 2) * rate.low() * (1 - rate.low()) / 2,
                        within(1e-12));
        assertThat(report(samples).oracle().strict()).isEqualTo(rate);
        assertThat(report(samples).direct().strict()).isEqualTo(new Rate(6, 6, 2));
    }

    @Test
    void goesThroughJson() {
        FeatureExtractionReport report =
                report(
                        List.of(
                                Planted.reading("a \"b\" ü", Planted.cells(c -> c == 1)),
                                Planted.reading("c", Planted.cells(c -> true))));
        FeatureExtractionReport back = FeatureExtractionReport.fromJson(report.toJson());

        assertThat(back).isEqualTo(report).hasSameHashCodeAs(report).hasToString(report.toString());
        assertThat(back.provenance()).isEqualTo(report.provenance());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FeatureExtractionReport.fromJson("{}"))
                .withMessage(
                        "this is not the JSON of a feature extraction report: field \"provenance\" is missing");
    }

    @Test
    void writesRatesAsCsv() {
        String csv =
                report(
                                List.of(
                                        Planted.reading("a", Planted.cells(c -> c == 1)),
                                        Planted.reading("b", Planted.cells(c -> true))))
                        .toCsv();

        assertThat(csv.lines()).hasSize(1 + 2 * 2 * 6);
        assertThat(csv)
                .startsWith(
                        """
                        vector,scoring,source_layer,target_layer,share,low,high,hits,outcomes,subjects
                        patched,strict,2,1,0.500000,0.094531,0.905469,1,2,2
                        patched,strict,2,4,1.000000,0.342380,1.000000,2,2,2
                        """)
                .contains("\nrandom,paper,6,4,0.000000,0.000000,0.657620,0,2,2\n")
                .doesNotContain("\r");
    }
}
