package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.Fixed;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Comparator;
import java.util.Locale;

/**
 * How well the probes of several layers do, as results are kept: without the probes.
 *
 * @param provenance all that determines them
 * @param majority accuracy of always naming the most frequent training label
 * @param layers one a layer, ascending
 */
public record ProbeScores(
        ProbeProvenance provenance, Rate majority, ImmutableList<LayerScore> layers)
        implements Viewable {

    /**
     * Checks that there is a layer.
     *
     * @param provenance all that determines them
     * @param majority accuracy of always naming the most frequent training label
     * @param layers one a layer, ascending
     * @throws IllegalArgumentException if there is none
     */
    public ProbeScores {
        checkArgument(!layers.isEmpty(), "there are no layers");
    }

    /**
     * Returns the score of a layer.
     *
     * @param layer k in 0..L
     * @return the score
     * @throws OutOfRangeException if no probe of that layer was trained
     */
    public LayerScore at(int layer) {
        return layers.stream()
                .filter(score -> score.layer() == layer)
                .findFirst()
                .orElseThrow(
                        () ->
                                new OutOfRangeException(
                                        "no probe of layer %d was trained: there are those of layers %s"
                                                .formatted(
                                                        layer,
                                                        layers.stream()
                                                                .map(LayerScore::layer)
                                                                .toList())));
    }

    /**
     * Returns the layer whose probe does best on validation examples, so that its test accuracy was
     * not chosen for being high.
     *
     * @return the score; of layers with the same validation accuracy that with the least loss
     */
    public LayerScore best() {
        return layers.stream()
                .max(
                        Comparator.comparingDouble(LayerScore::validationAccuracy)
                                .thenComparingDouble(score -> -score.validationLoss())
                                .thenComparingInt(score -> -score.layer()))
                .orElseThrow();
    }

    /**
     * Draws accuracy by layer, beside the most frequent label, shuffled labels and the control
     * task.
     *
     * @return the chart, with 95% intervals
     */
    public LineChart curves() {
        return ProbeFigures.accuracy(this);
    }

    /** {@return {@link LayerScore#selectivity()} by layer, beside {@link LayerScore#memory()}} */
    public LineChart selectivityCurve() {
        return ProbeFigures.selectivity(this);
    }

    /** {@return accuracy and selectivity by layer, and all scores as a table} */
    @Override
    public Page page() {
        return ProbeFigures.page(this);
    }

    /**
     * Writes the scores as comma-separated values.
     *
     * @return a header and a line a layer: layer, c, iterations, converged, validation_accuracy,
     *     validation_log_loss, accuracy, macro_f1, majority, shuffled, control, each accuracy with
     *     _low and _high, selectivity and memory
     */
    public String toCsv() {
        StringBuilder out =
                new StringBuilder(
                        "layer,c,iterations,converged,validation_accuracy,validation_log_loss,"
                                + "accuracy,accuracy_low,accuracy_high,macro_f1,"
                                + "majority,majority_low,majority_high,"
                                + "shuffled,shuffled_low,shuffled_high,"
                                + "control,control_low,control_high,selectivity,memory\n");
        for (LayerScore s : layers) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%.6g,%d,%s,%.6f,%.6f,%s,%.6f,%s,%s,%s,%.6f,%.6f\n",
                            s.layer(),
                            s.c(),
                            s.iterations(),
                            s.converged(),
                            s.validationAccuracy(),
                            s.validationLoss(),
                            csv(s.accuracy()),
                            s.macroF1(),
                            csv(majority),
                            csv(s.shuffled()),
                            csv(s.control()),
                            s.selectivity(),
                            s.memory()));
        }
        return out.toString();
    }

    private static String csv(Rate a) {
        return String.format(Locale.ROOT, "%.6f,%.6f,%.6f", a.share(), a.low(), a.high());
    }

    /** {@return the scores as JSON, for {@link #fromJson(String)}} */
    public String toJson() {
        return ScoresJson.text(this);
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param json the text
     * @return equal scores
     * @throws IllegalArgumentException if the text is not such JSON; the message names the field
     */
    public static ProbeScores fromJson(String json) {
        return ScoresJson.parse(json);
    }

    /** {@return provenance, and a line a layer with its scores; the best one is marked} */
    @Override
    public String toString() {
        int best = best().layer();
        StringBuilder out = new StringBuilder(provenance.toString());
        out.append(
                String.format(
                        Locale.ROOT,
                        "%nmajority %s; control task: %d keys, %.1f%% of test examples have one seen in training",
                        majority,
                        provenance.keys(),
                        100 * provenance.keysSeen()));
        out.append(
                "%nlayer  accuracy [95%%]            macro F1  shuffled  control  selectivity  memory  validation  C"
                        .formatted());
        for (LayerScore s : layers) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            "%n%4d%s  %-24s  %8.2f  %8.2f  %7.2f  %11s  %6.2f  %10.2f  %s%s",
                            s.layer(),
                            s.layer() == best ? "*" : " ",
                            s.accuracy(),
                            s.macroF1(),
                            s.shuffled().share(),
                            s.control().share(),
                            Fixed.text(s.selectivity(), 2),
                            s.memory(),
                            s.validationAccuracy(),
                            s.c(),
                            s.converged() ? "" : "  (not converged)"));
        }
        return out.toString();
    }
}
