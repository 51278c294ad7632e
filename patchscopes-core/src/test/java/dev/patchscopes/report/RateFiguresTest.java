package dev.patchscopes.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rates of 2 x 3 cells, of four subjects with two sentences each, as pictures. */
class RateFiguresTest {
    private static final long SEED = 5;
    private static final List<String> SUBJECTS = List.of("a", "a", "b", "b", "c", "c", "d", "d");
    private static final ImmutableSet<String> DEV = HitTable.half(SUBJECTS, SEED);
    private static final ImmutableIntArray FROM = ImmutableIntArray.of(2, 5);
    private static final ImmutableIntArray TO = ImmutableIntArray.of(1, 3, 4);

    private static CellRates rates() {
        // under the strict scoring cell 4 (5 -> 3) is best of the dev half, under the paper's cell 0
        return new CellRates(FROM, TO, new ByScoring<>(table(4), table(0)));
    }

    private static HitTable table(int best) {
        List<BitSet> hits =
                IntStream.range(0, SUBJECTS.size())
                        .mapToObj(
                                s -> {
                                    BitSet bits = new BitSet();
                                    bits.set(best, DEV.contains(SUBJECTS.get(s)) || s % 2 == 0);
                                    bits.set(2, s == 0);
                                    return bits;
                                })
                        .toList();
        return HitTable.of(SUBJECTS, hits, SEED);
    }

    @Test
    void everyCellIsItsRate() {
        CellRates rates = rates();
        for (Scoring scoring : Scoring.values()) {
            Heatmap heatmap = RateFigures.heatmap("Title", rates, scoring);
            assertThat(heatmap.rows().labels()).containsExactly("2", "5");
            assertThat(heatmap.columns().labels()).containsExactly("1", "3", "4");
            HeldOutCell chosen = rates.heldOutCell().get(scoring);
            for (int row = 0; row < 2; row++) {
                for (int column = 0; column < 3; column++) {
                    Rate rate = rates.at(FROM.get(row), TO.get(column)).get(scoring);
                    HeatCell cell = heatmap.at(row, column);
                    assertThat(cell.value(0)).isEqualTo(rate.share());
                    assertThat(cell.note())
                            .startsWith(
                                    "%d of 8 samples of 4 subjects, 95 %% interval %.2f to %.2f"
                                            .formatted(rate.hits(), rate.low(), rate.high()));
                    assertThat(cell.marked())
                            .isEqualTo(
                                    FROM.get(row) == chosen.sourceLayer()
                                            && TO.get(column) == chosen.targetLayer());
                    assertThat(cell.note().contains(chosen.test().toString()))
                            .isEqualTo(cell.marked());
                }
            }
        }
        assertThat(RateFigures.heatmap("", rates, Scoring.STRICT).at(1, 1).marked()).isTrue();
        assertThat(RateFigures.heatmap("", rates, Scoring.PAPER).at(0, 0).marked()).isTrue();
    }

    @Test
    void withoutSamplesThereIsNothing() {
        CellRates none =
                new CellRates(
                        FROM, TO, ByScoring.of(s -> HitTable.of(List.of(), List.of(), SEED)));
        Heatmap heatmap = RateFigures.heatmap("Title", none, Scoring.STRICT);
        assertThat(heatmap.cells())
                .allSatisfy(row -> assertThat(row).containsOnly(HeatCell.empty()));
        assertThat(RateFigures.oracle("line", none, Scoring.STRICT).points())
                .noneMatch(point -> point.y().isPresent());
        assertThat(RateFigures.row(new Rate(0, 0, 0)))
                .containsExactly(Double.NaN, Double.NaN, Double.NaN, 0, 0, 0);
    }

    @Test
    void theLineOfAnOracleHasItsIntervals() {
        Series line = RateFigures.oracle("any", rates(), Scoring.STRICT);
        assertThat(line.points())
                .containsExactly(
                        new Series.Point(2, Measured.of(rates().oracleAt(2).strict())),
                        new Series.Point(5, Measured.of(rates().oracleAt(5).strict())));
        assertThat(line.points().get(1).y().hasInterval()).isTrue();
        Rate rate = new Rate(3, 4, 4);
        assertThat(RateFigures.row(rate))
                .containsExactly(0.75, rate.low(), rate.high(), 3, 4, 4);
    }
}
