package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Comparator;
import java.util.OptionalInt;

/**
 * How well lenses and baselines tell later tokens, by layer and N.
 *
 * <pre>{@code
 * double precision = report.at("linear", 5, FutureTruth.MODEL, 1).precision(1);
 * Files.writeString(Path.of("future.csv"), report.toCsv());
 * }</pre>
 *
 * @param library version of the library
 * @param model the model
 * @param textsHash start of a SHA-256 digest of the tokens of the texts that positions were taken
 *     of
 * @param positionsPerText how many positions of a text were taken at most
 * @param seed seed of the positions
 * @param examples how many positions
 * @param descriptions what each predictor is, by its name: its prompt, say, or how it was fitted
 * @param scores one for each predictor, truth, layer and N
 */
public record FutureLensReport(
        LibraryVersion library,
        ModelIdentity model,
        String textsHash,
        int positionsPerText,
        long seed,
        int examples,
        ImmutableMap<String, String> descriptions,
        ImmutableList<FutureScore> scores)
        implements Viewable {

    /** {@return names of what was measured} */
    public ImmutableSet<String> predictors() {
        return scores.stream().map(FutureScore::predictor).collect(ImmutableSet.toImmutableSet());
    }

    /**
     * Returns the score of a lens.
     *
     * @param predictor name of the lens
     * @param layer 0..L
     * @param truth what its predictions were held against
     * @param ahead N
     * @return the score
     * @throws OutOfRangeException if that was not measured
     */
    public FutureScore at(String predictor, int layer, FutureTruth truth, int ahead) {
        return find(predictor, OptionalInt.of(layer), truth, ahead);
    }

    /**
     * Returns the score of a baseline, which reads no layer.
     *
     * @param predictor name of the baseline
     * @param truth what its predictions were held against
     * @param ahead N
     * @return the score
     * @throws OutOfRangeException if that was not measured
     */
    public FutureScore baseline(String predictor, FutureTruth truth, int ahead) {
        return find(predictor, OptionalInt.empty(), truth, ahead);
    }

    private FutureScore find(String predictor, OptionalInt layer, FutureTruth truth, int ahead) {
        return scores.stream()
                .filter(
                        s ->
                                s.predictor().equals(predictor)
                                        && s.layer().equals(layer)
                                        && s.truth() == truth
                                        && s.ahead() == ahead)
                .findFirst()
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "%s%s, N = %d against %s was not measured: predictors are %s"
                                                .formatted(
                                                        predictor,
                                                        layer.isPresent()
                                                                ? " at layer " + layer.getAsInt()
                                                                : " without a layer",
                                                        ahead,
                                                        truth,
                                                        predictors())));
    }

    /**
     * Returns the score at the layer with the largest precision@1. Chosen on the examples it is
     * measured on, it is the best case, not what other examples would give; a layer chosen on one
     * report and read off another is.
     *
     * @param predictor name of a lens or baseline
     * @param truth what its predictions were held against
     * @param ahead N
     * @return the best score
     * @throws OutOfRangeException if that was not measured
     */
    public FutureScore best(String predictor, FutureTruth truth, int ahead) {
        return scores.stream()
                .filter(
                        s ->
                                s.predictor().equals(predictor)
                                        && s.truth() == truth
                                        && s.ahead() == ahead)
                .max(Comparator.comparingDouble(s -> s.precision(1)))
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "%s, N = %d was not measured: predictors are %s"
                                                .formatted(predictor, ahead, predictors())));
    }

    /**
     * Draws precision@1 by layer, a line a lens; baselines, which read no layer, are level.
     *
     * @param truth what predictions were held against
     * @param ahead N
     * @return the chart, with 95% intervals over texts
     * @throws OutOfRangeException if that N was not measured
     */
    public LineChart curves(FutureTruth truth, int ahead) {
        return curves(truth, ahead, 1);
    }

    /**
     * Draws precision@k by layer, a line a lens; baselines, which read no layer, are level.
     *
     * @param truth what predictions were held against
     * @param ahead N
     * @param k 1 or more
     * @return the chart, with 95% intervals over texts
     * @throws OutOfRangeException if that N was not measured, or so many tokens not looked at
     */
    public LineChart curves(FutureTruth truth, int ahead, int k) {
        return FutureReportFigures.precision(this, truth, ahead, k);
    }

    /**
     * Draws the surprisal of predictions by layer, see {@link FutureScore#surprisalOfPrediction()}.
     *
     * @param truth what else predictions were held against
     * @param ahead N
     * @return the chart, in nats, with 1.96 standard errors to either side
     * @throws OutOfRangeException if that N was not measured
     */
    public LineChart surprisalCurves(FutureTruth truth, int ahead) {
        return FutureReportFigures.surprisal(this, truth, ahead);
    }

    /** {@return precision@1 for each N against model and text, surprisals, and all as a table} */
    @Override
    public Page page() {
        return FutureReportFigures.page(this);
    }

    /** {@return the report as JSON, for {@link #fromJson}; numbers keep their bits} */
    public String toJson() {
        return FutureReportText.json(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static FutureLensReport fromJson(String json) {
        return FutureReportText.fromJson(json);
    }

    /** {@return a line a score, with a header} */
    public String toCsv() {
        return FutureReportText.csv(this);
    }

    /** {@return precision@1 by N, a line a predictor and layer, against model and text} */
    @Override
    public String toString() {
        return FutureReportText.table(this);
    }
}
