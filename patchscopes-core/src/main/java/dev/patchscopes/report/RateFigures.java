package dev.patchscopes.report;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.CellRates;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.measure.Scoring;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Pictures of how often pairs of layers answer.
 *
 * <pre>{@code
 * RateFigures.heatmap("Patched", report.patched(), Scoring.STRICT)
 *         .writeHtml(Path.of("rates.html"));
 * }</pre>
 */
public final class RateFigures {

    private RateFigures() {}

    /**
     * Shows the share of samples each cell answers, source layers l downwards and target layers l*
     * across. Pointed at, a cell tells its interval and counts; the cell that was chosen on half of
     * the subjects is marked, and tells how it does on the other half.
     *
     * @param title what is shown, in a line
     * @param rates the rates
     * @param scoring how answers count
     * @return the heat map
     */
    public static Heatmap heatmap(String title, CellRates rates, Scoring scoring) {
        List<Integer> from = rates.sourceLayers().asList();
        List<Integer> to = rates.targetLayers().asList();
        Optional<HeldOutCell> chosen =
                rates.hasHeldOutCell()
                        ? Optional.of(rates.heldOutCell().get(scoring))
                        : Optional.empty();
        return Heatmap.of(
                        title,
                        AxisLabels.of("source layer l", from),
                        AxisLabels.of("target layer l*", to),
                        List.of(Measure.of("share right", "").between(0, 1)),
                        (row, column) ->
                                cell(
                                        rates.at(from.get(row), to.get(column)).get(scoring),
                                        chosen.filter(
                                                c ->
                                                        c.sourceLayer() == from.get(row)
                                                                && c.targetLayer()
                                                                        == to.get(column))))
                .withCaption(
                        "Share of samples answered, %s scoring.%s"
                                .formatted(
                                        name(scoring),
                                        chosen.map(
                                                        c ->
                                                                " Marked: the cell chosen on half of the subjects; it answers %s of the other half."
                                                                        .formatted(c.test()))
                                                .orElse("")));
    }

    private static HeatCell cell(Rate rate, Optional<HeldOutCell> chosen) {
        if (rate.outcomes() == 0) {
            return HeatCell.empty();
        }
        String note =
                String.format(
                        Locale.ROOT,
                        "%d of %d samples of %d subjects, 95 %% interval %.2f to %.2f",
                        rate.hits(),
                        rate.outcomes(),
                        rate.subjects(),
                        rate.low(),
                        rate.high());
        return HeatCell.of(String.format(Locale.ROOT, "%.2f", rate.share()), rate.share())
                .withMark(chosen.isPresent())
                .withNote(
                        chosen.map(
                                        c ->
                                                "%s; chosen on half of the subjects (%s), the other half: %s"
                                                        .formatted(note, c.dev(), c.test()))
                                .orElse(note));
    }

    /**
     * Draws the share of samples that at least one target layer answers, by source layer: it grows
     * with the number of target layers whatever they say, and means something beside the same line
     * of random vectors only.
     *
     * @param name what the line is
     * @param rates the rates
     * @param scoring how answers count
     * @return a line over the source layers, with intervals
     */
    public static Series oracle(String name, CellRates rates, Scoring scoring) {
        return Series.of(
                name,
                rates.sourceLayers().asList(),
                layer -> Measured.of(rates.oracleAt(layer).get(scoring)));
    }

    /**
     * Lists a share for a row of a table.
     *
     * @param rate the share
     * @return share, ends of the interval, hits, outcomes and subjects; the first three are not
     *     numbers if it is one of no outcomes
     */
    public static ImmutableList<Object> row(Rate rate) {
        Measured share = Measured.of(rate);
        return ImmutableList.of(
                share.value(),
                share.low(),
                share.high(),
                rate.hits(),
                rate.outcomes(),
                rate.subjects());
    }

    private static String name(Scoring scoring) {
        return scoring == Scoring.PAPER ? "the paper's" : "strict";
    }
}
