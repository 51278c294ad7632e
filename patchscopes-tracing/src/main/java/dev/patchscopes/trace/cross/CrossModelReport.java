package dev.patchscopes.trace.cross;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import dev.patchscopes.trace.LayerPair;
import java.util.Locale;

/**
 * How well maps from one model's states to another's do on texts that had no part in them.
 *
 * @param library version of the library
 * @param source the source model
 * @param target the target model
 * @param setup what was fitted, so that it can be done again
 * @param pairs one entry a pair of layers
 */
public record CrossModelReport(
        LibraryVersion library,
        ModelIdentity source,
        ModelIdentity target,
        Setup setup,
        ImmutableList<PairReport> pairs)
        implements Viewable {

    /**
     * What was fitted.
     *
     * @param kind sort of map
     * @param penalties fractions that were tried; none for kinds without
     * @param heldOutShare share of the texts that was held out; 0 where held-out texts were given
     * @param texts number of texts, held-out ones among them
     * @param unaligned texts left out because they are aligned nowhere
     * @param repeated held-out texts left out because they were fitted to as well
     * @param fitted states fitted to
     * @param choosing held-out states penalties were chosen on
     * @param measured held-out states measured on
     * @param positionsPerText how many positions of a text were drawn at most
     * @param skipFirst how many tokens at the start of a text were left out
     * @param seed of what was held out and of positions
     * @param textsHash SHA-256 digest of the texts' tokens in both models
     */
    public record Setup(
            String kind,
            ImmutableList<Double> penalties,
            double heldOutShare,
            int texts,
            int unaligned,
            int repeated,
            long fitted,
            long choosing,
            long measured,
            int positionsPerText,
            int skipFirst,
            long seed,
            String textsHash) {}

    /**
     * One map.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @param penalty the fraction it was fitted with; 0 for kinds without
     * @param fittedVariance share of the variance of the states fitted to that it explains (R^2)
     * @param heldOutVariance share of the variance of held-out states that it explains (R^2): 1 for
     *     a map without error, 0 for their mean, negative for worse; 0 where states do not vary
     * @param overMean the same beside the mean of the states fitted to instead of their own: what
     *     the map saves of the error of the best constant
     */
    public record PairReport(
            int sourceLayer,
            int targetLayer,
            double penalty,
            double fittedVariance,
            double heldOutVariance,
            double overMean) {}

    /**
     * Looks up a map's entry.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return what is known of it
     * @throws OutOfRangeException if the pair was not fitted
     */
    public PairReport at(int sourceLayer, int targetLayer) {
        return pairs.stream()
                .filter(p -> p.sourceLayer == sourceLayer && p.targetLayer == targetLayer)
                .findFirst()
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "layers %d -> %d were not fitted; there are %s"
                                                .formatted(
                                                        sourceLayer,
                                                        targetLayer,
                                                        pairs.stream()
                                                                .map(
                                                                        p ->
                                                                                new LayerPair(
                                                                                        p.sourceLayer,
                                                                                        p.targetLayer))
                                                                .toList())));
    }

    /**
     * {@return the share of variance that each map explains of held-out states, l downwards and l*
     * across, beside that of the states fitted to}
     */
    public Heatmap heatmap() {
        return MapFigures.heatmap(this);
    }

    /** {@return the maps as a heat map and a table} */
    @Override
    public Page page() {
        return MapFigures.page(this);
    }

    /** {@return a header and a line a pair of layers} */
    public String toCsv() {
        StringBuilder out =
                new StringBuilder(
                        "source_layer,target_layer,penalty,fitted_variance,held_out_variance,over_mean\n");
        for (PairReport p : pairs) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%d,%s,%.6f,%.6f,%.6f\n",
                            p.sourceLayer,
                            p.targetLayer,
                            p.penalty,
                            p.fittedVariance,
                            p.heldOutVariance,
                            p.overMean));
        }
        return out.toString();
    }

    /** {@return the report as JSON, for {@link #fromJson}; numbers keep their bits} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static CrossModelReport fromJson(String json) {
        return RecordJson.read(json, CrossModelReport.class, "the report");
    }

    /** {@return the explained variance of held-out states, rows l, columns l*} */
    @Override
    public String toString() {
        LayerTable table = new LayerTable();
        pairs.forEach(p -> table.put(p.sourceLayer, p.targetLayer, p.heldOutVariance));
        return "%s maps, %s -> %s: share of variance explained (R^2) of %d held-out states, %d fitted to%n%s"
                .formatted(
                        setup.kind,
                        source.name(),
                        target.name(),
                        setup.measured,
                        setup.fitted,
                        table);
    }
}
