package dev.patchscopes.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rates of a grid of 2 x 2 cells, of four subjects with two sentences each. */
class CellRatesTest {
    private static final long SEED = 5;
    private static final List<String> SUBJECTS = List.of("a", "a", "b", "b", "c", "c", "d", "d");
    private static final ImmutableSet<String> DEV = HitTable.half(SUBJECTS, SEED);
    private static final ImmutableIntArray LAYERS = ImmutableIntArray.of(2, 5);

    private static BitSet cells(int... cells) {
        BitSet bits = new BitSet();
        IntStream.of(cells).forEach(bits::set);
        return bits;
    }

    /** Cells 1 and 2 answer all of the dev half, cell 1 one sentence of each other subject. */
    private static List<BitSet> hits() {
        return IntStream.range(0, SUBJECTS.size())
                .mapToObj(
                        s ->
                                DEV.contains(SUBJECTS.get(s))
                                        ? cells(1, 2)
                                        : s % 2 == 0 ? cells(1) : cells())
                .toList();
    }

    private static CellRates rates(List<BitSet> hits) {
        return new CellRates(LAYERS, LAYERS, ByScoring.of(s -> HitTable.of(SUBJECTS, hits, SEED)));
    }

    @Test
    void cellsAreReadByTheirLayers() {
        CellRates rates = rates(hits());
        assertThat(rates.at(2, 2).strict()).isEqualTo(new Rate(0, 8, 4));
        assertThat(rates.at(2, 5).strict()).isEqualTo(new Rate(6, 8, 4));
        assertThat(rates.at(5, 2).paper()).isEqualTo(new Rate(4, 8, 4));
        assertThat(rates.oracle().strict()).isEqualTo(new Rate(6, 8, 4));
        assertThat(rates.oracleAt(5).strict()).isEqualTo(new Rate(4, 8, 4));
    }

    @Test
    void ofEqualCellsTheLowerLayerIsChosenAndScoredOnTheOtherHalf() {
        HeldOutCell cell = rates(hits()).heldOutCell().strict();
        assertThat(cell).isEqualTo(new HeldOutCell(2, 5, new Rate(4, 4, 2), new Rate(2, 4, 2)));
    }

    @Test
    void aDifferenceIsThatOfTheTestHalf() {
        List<BitSet> none = Stream.generate(BitSet::new).limit(SUBJECTS.size()).toList();
        Difference over = rates(hits()).over(rates(none), 1).strict();
        assertThat(over.value()).isEqualTo(0.5);
        // every subject has one hit of two, so that every draw of subjects has
        assertThat(over.low()).isCloseTo(0.5, within(1e-12));
        assertThat(over.high()).isCloseTo(0.5, within(1e-12));
        assertThat(
                        rates(hits())
                                .over(ByScoring.of(s -> HitTable.of(SUBJECTS, hits(), SEED)), 1)
                                .strict()
                                .value())
                .isEqualTo(0.5);
    }

    @Test
    void whatIsTabulatedCannotBeChangedAfterwards() {
        List<BitSet> mine = hits();
        CellRates rates = rates(mine);
        mine.forEach(BitSet::clear);
        assertThat(rates.at(2, 5).strict().hits()).isEqualTo(6);
        assertThat(rates.table(Scoring.STRICT).hit(0, 1)).isTrue();
    }

    @Test
    void misfitsAreRefused() {
        assertThatThrownBy(() -> HitTable.of(List.of("a"), hits(), SEED))
                .hasMessageContaining("1 subjects for the hits of 8 samples");
        CellRates rates = rates(hits());
        ImmutableIntArray other = ImmutableIntArray.of(2, 6);
        assertThatThrownBy(
                        () ->
                                rates.over(
                                        new CellRates(other, LAYERS, ByScoring.of(rates::table)),
                                        1))
                .hasMessageContaining("sweep the same");
        HitTable fewer = HitTable.of(SUBJECTS.subList(0, 4), hits().subList(0, 4), SEED);
        assertThatThrownBy(() -> rates.over(ByScoring.of(s -> fewer), 1))
                .hasMessageContaining("other samples");
    }
}
