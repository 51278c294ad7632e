package dev.patchscopes.lens;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Estimate;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.NoSuchElementException;

/**
 * How well lenses read a model's layers.
 *
 * @param library version of the library
 * @param model the model
 * @param setup what was evaluated, so that it can be done again
 * @param lenses one entry a lens, controls among them
 */
public record LensReport(
        LibraryVersion library,
        ModelIdentity model,
        Setup setup,
        ImmutableList<LensScores> lenses)
        implements Viewable {

    /**
     * What was evaluated.
     *
     * @param texts number of texts
     * @param states number of states of each layer
     * @param tokens tokens of all texts, special ones that stand for no text left out
     * @param bytes bytes of all texts in UTF-8
     * @param textsHash start of a SHA-256 digest of the texts' tokens
     * @param positions which states of a text, such as {@code one random position a text}
     * @param maxTokens tokens a text was cut at
     * @param seed seed of positions, controls and intervals
     * @param confidence of the intervals
     * @param resamples how often texts were drawn again for them
     */
    public record Setup(
            int texts,
            long states,
            long tokens,
            long bytes,
            String textsHash,
            String positions,
            int maxTokens,
            long seed,
            double confidence,
            int resamples) {

        /** {@return the factor from nats a token to bits a byte: tokens a byte, over ln 2} */
        public double bitsPerByteOfNats() {
            return (double) tokens / bytes / Math.log(2);
        }
    }

    /**
     * A lens's scores.
     *
     * @param lens its name
     * @param description what it is: its prompt, say, or how it was trained
     * @param layers scores of each layer
     */
    public record LensScores(String lens, String description, ImmutableList<LayerScores> layers) {

        /**
         * Looks up a score.
         *
         * @param layer a layer that was evaluated
         * @param metric what is measured
         * @return mean and interval
         * @throws OutOfRangeException if the layer was not evaluated
         */
        public Estimate at(int layer, LensMetric metric) {
            return layers.stream()
                    .filter(s -> s.layer() == layer)
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new OutOfRangeException(
                                            "layer %d was not evaluated: layers are %s"
                                                    .formatted(
                                                            layer,
                                                            layers.stream()
                                                                    .map(LayerScores::layer)
                                                                    .toList())))
                    .scores()
                    .get(metric);
        }
    }

    /**
     * Scores of a layer.
     *
     * @param layer 0..L
     * @param scores by metric
     */
    public record LayerScores(int layer, ImmutableMap<LensMetric, Estimate> scores) {}

    /**
     * Finds a lens.
     *
     * @param lens its name
     * @return its scores
     * @throws NoSuchElementException if no lens of that name was evaluated; the message names those
     *     that were
     */
    public LensScores of(String lens) {
        return lenses.stream()
                .filter(s -> s.lens().equals(lens))
                .findFirst()
                .orElseThrow(
                        () ->
                                new NoSuchElementException(
                                        "no lens \"%s\" was evaluated; there are %s"
                                                .formatted(
                                                        lens,
                                                        lenses.stream()
                                                                .map(LensScores::lens)
                                                                .toList())));
    }

    /**
     * Looks up a cross-entropy in bits a byte, which models of other tokenizers can be compared by.
     *
     * @param lens name of a lens
     * @param layer a layer that was evaluated
     * @return mean and interval of {@link LensMetric#SURPRISAL_OF_NEXT_TOKEN} in bits a byte
     */
    public Estimate bitsPerByte(String lens, int layer) {
        Estimate nats = of(lens).at(layer, LensMetric.SURPRISAL_OF_NEXT_TOKEN);
        double factor = setup.bitsPerByteOfNats();
        return new Estimate(
                nats.mean() * factor, nats.low() * factor, nats.high() * factor, nats.count());
    }

    /**
     * Draws a metric by layer, a line a lens, with intervals. Controls (random vectors, a prompt
     * with nothing patched in) are baselines.
     *
     * @param metric what is measured
     * @return the chart
     */
    public LineChart curve(LensMetric metric) {
        return LensReportFigures.curve(this, metric);
    }

    /** {@return {@link #curve} of every metric, in their order} */
    public ImmutableList<LineChart> curves() {
        return LensReportFigures.curves(this);
    }

    /** {@return {@link #bitsPerByte} by layer, a line a lens} */
    public LineChart bitsPerByteCurve() {
        return LensReportFigures.bitsPerByte(this);
    }

    /** {@return every curve, all scores as a table, and what the lenses are} */
    @Override
    public Page page() {
        return LensReportFigures.page(this);
    }

    /** {@return a line a lens, layer and metric, with a header} */
    public String toCsv() {
        return LensReportText.csv(this);
    }

    /** {@return the report as JSON, for {@link #fromJson}; numbers keep their bits} */
    public String toJson() {
        return LensReportJson.write(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return an equal report
     * @throws IllegalArgumentException if the text is not such JSON
     */
    public static LensReport fromJson(String json) {
        return LensReportJson.read(json);
    }

    /** {@return a table of precision@1, surprisal and KL by layer for each lens} */
    @Override
    public String toString() {
        return LensReportText.text(this);
    }
}
