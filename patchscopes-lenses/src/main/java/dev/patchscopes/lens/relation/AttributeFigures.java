package dev.patchscopes.lens.relation;

import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.RankedItem;
import dev.patchscopes.text.Quoting;
import java.util.List;

/** Attribute readings as heat maps. */
final class AttributeFigures {
    private AttributeFigures() {}

    static Heatmap heatmap(AttributeReading reading, AnswerRule rule, int k) {
        return Heatmap.of(
                        "\"%s\" in %s"
                                .formatted(
                                        reading.provenance().relation(),
                                        Quoting.quoteShort(reading.prompt())),
                        AxisLabels.of("layer", reading.layers()),
                        AxisLabels.of("token", reading.tokens()),
                        List.of(
                                Measure.probability(),
                                Measure.rank().named("place of an expected answer (first token)"),
                                Measure.rank().named("place of an expected answer (prefix)")),
                        (row, column) ->
                                cell(reading.at(reading.layers().get(row), column), rule, k))
                .withCaption(caption(reading, rule, k));
    }

    private static HeatCell cell(AttributeCell cell, AnswerRule rule, int k) {
        return HeatCell.of(
                        cell.top().get(0).piece(),
                        cell.top().get(0).probability(),
                        place(cell.firstTokenPlace()),
                        place(cell.prefixPlace()))
                .withMark(cell.isHit(rule, k))
                .withRanking(RankedItem.of(cell.top()));
    }

    /** Without a place there is no number. */
    private static double place(int place) {
        return place == 0 ? Double.NaN : place;
    }

    private static String caption(AttributeReading reading, AnswerRule rule, int k) {
        String lens =
                "What the linear map of \"%s\" (fitted at layer %d of %s) makes of each state of %s, which goes on with %s."
                        .formatted(
                                reading.provenance().relation(),
                                reading.provenance().layer(),
                                reading.provenance().model().name(),
                                reading.model().name(),
                                reading.next().get(0));
        return reading.expected().isEmpty()
                ? lens
                : "%s Marked: %s is %s (%s)."
                        .formatted(
                                lens,
                                String.join(" or ", reading.expected()),
                                k == 1 ? "first" : "among the first " + k,
                                rule == AnswerRule.PREFIX ? "by prefix" : "by first token");
    }
}
