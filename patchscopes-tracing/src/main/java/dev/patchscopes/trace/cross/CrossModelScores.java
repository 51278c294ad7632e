package dev.patchscopes.trace.cross;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.internal.RecordJson;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Heatmap;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What a target model says next when a state of a source model, mapped, stands in the place of its
 * own.
 *
 * @param library version of the library
 * @param source the source model
 * @param target the target model
 * @param setup what was measured, so that it can be done again
 * @param unpatched the target model as it is: how far the models agree without any patch
 * @param pairs one entry a pair of layers
 */
public record CrossModelScores(
        LibraryVersion library,
        ModelIdentity source,
        ModelIdentity target,
        Setup setup,
        Agreement unpatched,
        ImmutableList<PairScores> pairs)
        implements Viewable {

    /**
     * What was measured.
     *
     * @param kind sort of map
     * @param texts number of texts, one position of each
     * @param skipFirst how many tokens at the start of a text were left out
     * @param seed of positions and random vectors
     * @param execution how cells were computed
     * @param mapDigest {@link CrossModelMap#digest()} of the maps
     * @param textsHash SHA-256 digest of the texts' tokens in both models
     */
    public record Setup(
            String kind,
            int texts,
            int skipFirst,
            long seed,
            Execution execution,
            String mapDigest,
            String textsHash) {}

    /**
     * How predictions agree with what the models say by themselves.
     *
     * @param withSource share whose most probable token is the source's own: precision@1
     * @param withTarget share whose most probable token is the unpatched target's
     * @param surprisalOfPatchedPrediction -ln p(the predicted token) under the source, in nats: 0
     *     where the source is sure of it too; mean with the 95% interval of the normal
     *     approximation, over the predictions that are a token of the source; not a number if there
     *     are none, nor is the interval for fewer than two
     */
    public record Agreement(
            Rate withSource, Rate withTarget, Estimate surprisalOfPatchedPrediction) {

        static Agreement of(int withSource, int withTarget, int all, List<Double> surprisals) {
            return new Agreement(
                    new Rate(withSource, all, all),
                    new Rate(withTarget, all, all),
                    Estimate.of(surprisals));
        }

        /** {@return both rates and the surprisal} */
        @Override
        public String toString() {
            return "P@1 %s of the source, %s of the target, surprisal %s"
                    .formatted(withSource, withTarget, surprisalOfPatchedPrediction);
        }
    }

    /**
     * One pair of layers.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @param mapped the mapped state
     * @param randomVector a random vector as long as the mapped state: the control
     * @param unmapped the state itself, if the models are of one width; else empty
     */
    public record PairScores(
            int sourceLayer,
            int targetLayer,
            Agreement mapped,
            Agreement randomVector,
            ImmutableList<Agreement> unmapped) {}

    /**
     * Looks up a pair of layers.
     *
     * @param sourceLayer l
     * @param targetLayer l*
     * @return its scores
     * @throws OutOfRangeException if the pair was not measured
     */
    public PairScores at(int sourceLayer, int targetLayer) {
        return pairs.stream()
                .filter(p -> p.sourceLayer == sourceLayer && p.targetLayer == targetLayer)
                .findFirst()
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "layers %d -> %d were not measured; %d pairs were"
                                                .formatted(
                                                        sourceLayer, targetLayer, pairs.size())));
    }

    /**
     * Draws the pairs of layers, l downwards and l* across: precision@1 with the source, first of
     * the mapped state, then of random vectors and, where the models are of one width, of the state
     * itself; agreement with the unpatched target; and surprisal.
     *
     * @return the heat map; pointed at, cells tell the intervals
     */
    public Heatmap heatmap() {
        return ScoreFigures.heatmap(this);
    }

    /**
     * Draws precision@1 with the source by target layer, beside the controls.
     *
     * @param sourceLayer l
     * @return the chart, with intervals
     * @throws IllegalArgumentException if the layer was not measured
     */
    public LineChart curves(int sourceLayer) {
        return ScoreFigures.curves(this, sourceLayer);
    }

    /** {@return precision@1 of each pair of layers beside its controls, with intervals} */
    public BarChart bars() {
        return ScoreFigures.bars(this);
    }

    /** {@return the pairs as a heat map, and beside their controls} */
    @Override
    public Page page() {
        return ScoreFigures.page(this);
    }

    /**
     * {@return a header and a line a pair of layers and vector, unpatched without layers; NaN where
     * there is no number}
     */
    public String toCsv() {
        StringBuilder out = new StringBuilder("source_layer,target_layer,vector");
        for (String of : List.of("source", "target")) {
            for (String column : Splitter.on(',').split(Rate.CSV_COLUMNS)) {
                out.append(",%s_%s".formatted(of, column));
            }
        }
        out.append(
                ",surprisal_of_patched_prediction,surprisal_of_patched_prediction_low,surprisal_of_patched_prediction_high\n");
        line(out, ",,unpatched", unpatched);
        for (PairScores p : pairs) {
            String layers = p.sourceLayer + "," + p.targetLayer + ",";
            line(out, layers + "mapped", p.mapped);
            line(out, layers + "random", p.randomVector);
            p.unmapped.forEach(a -> line(out, layers + "unmapped", a));
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String start, Agreement a) {
        out.append(
                String.format(
                        Locale.ROOT,
                        "%s,%s,%s,%.6f,%.6f,%.6f\n",
                        start,
                        a.withSource.toCsv(),
                        a.withTarget.toCsv(),
                        a.surprisalOfPatchedPrediction.mean(),
                        a.surprisalOfPatchedPrediction.low(),
                        a.surprisalOfPatchedPrediction.high()));
    }

    /** {@return the scores as JSON, for {@link #fromJson}; numbers keep their bits} */
    public String toJson() {
        return RecordJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return equal scores
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static CrossModelScores fromJson(String json) {
        return RecordJson.read(json, CrossModelScores.class, "the scores");
    }

    /** {@return precision@1 and surprisal against the source, rows l, columns l*, with controls} */
    @Override
    public String toString() {
        return "%s maps, %s -> %s, %d texts; unpatched: %s%nP@1 of the source's own prediction%n%sthe same of random vectors%n%ssurprisal of the patched prediction under the source, nats%n%s"
                .formatted(
                        setup.kind,
                        source.name(),
                        target.name(),
                        setup.texts,
                        unpatched,
                        table(p -> p.mapped.withSource.share()),
                        table(p -> p.randomVector.withSource.share()),
                        table(p -> p.mapped.surprisalOfPatchedPrediction.mean()));
    }

    private LayerTable table(ToDoubleFunction<PairScores> value) {
        LayerTable table = new LayerTable();
        pairs.forEach(p -> table.put(p.sourceLayer, p.targetLayer, value.applyAsDouble(p)));
        return table;
    }
}
