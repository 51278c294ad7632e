package dev.patchscopes.trace.entity;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.HeldOutCell;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Measure;
import dev.patchscopes.report.Measured;
import dev.patchscopes.report.Series;
import dev.patchscopes.trace.LayerPair;
import dev.patchscopes.trace.internal.PairMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Pictures of numbers that there are of each of some pairs of layers. */
final class PairFigures {

    private PairFigures() {}

    /**
     * Rates beside those of random vectors, the held-out pair marked.
     *
     * @param what what share it is, such as {@code share right}
     */
    static Heatmap heatmap(String title, String what, PairRates rates, PairRates random) {
        Optional<HeldOutCell> chosen =
                rates.hasHeldOut() ? Optional.of(rates.heldOut()) : Optional.empty();
        return PairMap.of(rates.pairs())
                .heatmap(
                        title,
                        List.of(
                                Measure.of(what, "").between(0, 1),
                                Measure.of(what + ", random vectors", "").between(0, 1),
                                Measure.difference("more than random vectors", "").between(-1, 1)),
                        pair -> cell(rates, random, pair, chosen.filter(c -> isAt(c, pair))))
                .withCaption(heldOut(rates, "Marked"));
    }

    private static boolean isAt(HeldOutCell cell, LayerPair pair) {
        return cell.sourceLayer() == pair.source() && cell.targetLayer() == pair.target();
    }

    private static HeatCell cell(
            PairRates rates, PairRates random, LayerPair pair, Optional<HeldOutCell> chosen) {
        Rate rate = rates.at(pair.source(), pair.target());
        Rate control = random.at(pair.source(), pair.target());
        if (rate.outcomes() == 0) {
            return HeatCell.empty();
        }
        String note = "%s; random vectors %s".formatted(rate, control);
        return HeatCell.of(
                        String.format(Locale.ROOT, "%.2f", rate.share()),
                        rate.share(),
                        control.share(),
                        rate.share() - control.share())
                .withMark(chosen.isPresent())
                .withNote(
                        chosen.map(
                                        c ->
                                                "%s; chosen on half of the subjects (%s there), held out %s"
                                                        .formatted(note, c.dev(), c.test()))
                                .orElse(note));
    }

    /**
     * What the held-out pair does; empty without subjects enough.
     *
     * @param how how the picture shows it
     */
    static String heldOut(PairRates rates, String how) {
        if (!rates.hasHeldOut()) {
            return "";
        }
        HeldOutCell cell = rates.heldOut();
        return "%s: layers %d -> %d, chosen on half of the subjects; held out %s."
                .formatted(how, cell.sourceLayer(), cell.targetLayer(), cell.test());
    }

    /** The held-out pair as a point of its own, over its source layer. */
    static Optional<Series> heldOutPoint(PairRates rates) {
        if (!rates.hasHeldOut()) {
            return Optional.empty();
        }
        HeldOutCell cell = rates.heldOut();
        return Optional.of(
                Series.of(
                        "held-out layer, other half",
                        List.of(cell.sourceLayer()),
                        layer -> Measured.of(cell.test())));
    }

    /** Something that there is of each pair, as a line over source layers. */
    static Series line(String name, PairMap map, Function<LayerPair, Measured> at) {
        checkState(
                map.isLine(),
                "%s pairs of layers share %s source layers and are no line: use the heat map",
                map.pairs().size(),
                map.sourceLayers().size());
        Map<Integer, LayerPair> bySource =
                map.pairs().stream().collect(Collectors.toMap(LayerPair::source, pair -> pair));
        return Series.of(name, map.sourceLayers(), layer -> at.apply(bySource.get(layer)));
    }

    static LineChart chart(String title, String yTitle, PairMap map, ImmutableList<Series> lines) {
        return LineChart.of(
                        title,
                        map.isDiagonal() ? "layer l = l*" : "source layer l",
                        yTitle,
                        lines)
                .between(0, 1);
    }
}
