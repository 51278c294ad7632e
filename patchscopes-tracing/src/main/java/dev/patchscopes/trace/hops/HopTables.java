package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.ByScoring;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.HitTable;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.trace.LayerPair;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Which answers to questions are right.
 *
 * @param plan says which questions count, and has the layers of the cells
 * @param questions all questions
 */
record HopTables(MultiHopProvenance plan, ImmutableList<HopReading> questions) {

    ImmutableList<HopReading> counted(Scoring scoring) {
        return questions.stream()
                .filter(question -> plan.counts(question, scoring))
                .collect(ImmutableList.toImmutableList());
    }

    /** Rates of all cells. */
    CellRates cells(Function<HopReading, List<String>> texts) {
        return new CellRates(plan.sourceLayers(), plan.targetLayers(), table(texts));
    }

    /** Rates of the cells of one order, and no others. */
    OrderRates cells(Function<HopReading, List<String>> texts, LayerOrder order) {
        int[] kept =
                IntStream.range(0, plan.cells())
                        .filter(cell -> order.holds(pair(cell).source(), pair(cell).target()))
                        .toArray();
        return new OrderRates(
                Arrays.stream(kept).mapToObj(this::pair).collect(ImmutableList.toImmutableList()),
                table(reading -> some(texts.apply(reading), kept)));
    }

    private LayerPair pair(int cell) {
        int width = plan.targetLayers().length();
        return new LayerPair(
                plan.sourceLayers().get(cell / width), plan.targetLayers().get(cell % width));
    }

    private static List<String> some(List<String> texts, int[] kept) {
        return texts.isEmpty() ? texts : Arrays.stream(kept).mapToObj(texts::get).toList();
    }

    /** One answer a question, in cell 0. */
    ByScoring<HitTable> texts(Function<HopReading, String> text) {
        return table(reading -> List.of(text.apply(reading)));
    }

    private ByScoring<HitTable> table(Function<HopReading, List<String>> texts) {
        return ByScoring.of(
                scoring -> {
                    ImmutableList<HopReading> counted = counted(scoring);
                    return HitTable.of(
                            counted.stream().map(reading -> reading.question().subject()).toList(),
                            counted.stream().map(reading -> hits(reading, scoring, texts)).toList(),
                            plan.seed());
                });
    }

    private static BitSet hits(
            HopReading reading, Scoring scoring, Function<HopReading, List<String>> texts) {
        BitSet hits = new BitSet();
        List<String> all = texts.apply(reading);
        for (int cell = 0; cell < all.size(); cell++) {
            hits.set(cell, reading.isAnswer(all.get(cell), scoring));
        }
        return hits;
    }

    /** The cell that answers most questions; of equals the first. */
    static FixedCell best(CellRates rates, Scoring scoring) {
        int width = rates.targetLayers().length();
        int best = 0;
        for (int cell = 1; cell < rates.sourceLayers().length() * width; cell++) {
            if (rates.table(scoring).at(cell).hits() > rates.table(scoring).at(best).hits()) {
                best = cell;
            }
        }
        Rate rate = rates.table(scoring).at(best);
        return new FixedCell(
                rates.sourceLayers().get(best / width),
                rates.targetLayers().get(best % width),
                rate);
    }
}
