package dev.patchscopes.trace.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedSet;
import dev.patchscopes.report.AxisLabels;
import dev.patchscopes.report.HeatCell;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Measure;
import dev.patchscopes.trace.LayerPair;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Heat maps of some pairs of layers, source layers l downwards and target layers l* across.
 *
 * @param pairs those there are; the others are empty cells
 * @param sourceLayers each l, ascending
 * @param targetLayers each l*, ascending
 */
public record PairMap(
        ImmutableSet<LayerPair> pairs,
        ImmutableList<Integer> sourceLayers,
        ImmutableList<Integer> targetLayers) {

    /**
     * Lays pairs out.
     *
     * @param pairs in any order
     * @return their map
     */
    public static PairMap of(List<LayerPair> pairs) {
        return new PairMap(
                ImmutableSet.copyOf(pairs),
                ascending(pairs, LayerPair::source),
                ascending(pairs, LayerPair::target));
    }

    private static ImmutableList<Integer> ascending(
            List<LayerPair> pairs, Function<LayerPair, Integer> layer) {
        return pairs.stream()
                .map(layer)
                .collect(ImmutableSortedSet.toImmutableSortedSet(Comparator.naturalOrder()))
                .asList();
    }

    /** {@return whether each source layer is in one pair, so that pairs lie along a line} */
    public boolean isLine() {
        return pairs.size() == sourceLayers.size();
    }

    /** {@return whether l* = l in every pair} */
    public boolean isDiagonal() {
        return pairs.stream().allMatch(pair -> pair.source() == pair.target());
    }

    /**
     * Names a pair in a picture in which it stands for its source layer.
     *
     * @param pair one of the pairs
     * @return the layer if l* = l in every pair, else both layers
     */
    public String label(LayerPair pair) {
        return isDiagonal() ? Integer.toString(pair.source()) : pair.toString();
    }

    /**
     * Draws the pairs.
     *
     * @param title what is shown, in a line
     * @param measures kinds of number in each cell
     * @param cells makes the cell of each pair
     * @return the heat map, without a caption
     */
    public Heatmap heatmap(
            String title, List<Measure> measures, Function<LayerPair, HeatCell> cells) {
        return Heatmap.of(
                title,
                AxisLabels.of("source layer l", sourceLayers),
                AxisLabels.of("target layer l*", targetLayers),
                measures,
                (row, column) -> {
                    LayerPair pair = new LayerPair(sourceLayers.get(row), targetLayers.get(column));
                    return pairs.contains(pair) ? cells.apply(pair) : HeatCell.empty();
                });
    }
}
