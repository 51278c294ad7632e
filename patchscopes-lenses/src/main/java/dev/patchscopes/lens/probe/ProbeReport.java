package dev.patchscopes.lens.probe;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.report.LineChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;

/**
 * The probes of several layers and how well they do.
 *
 * <p>Java values; needs no closing.
 *
 * @param scores how well they do, without the probes
 * @param probes one a layer, in the order of {@code scores.layers()}
 */
public record ProbeReport(ProbeScores scores, ImmutableList<LinearProbe> probes)
        implements Viewable {

    /**
     * Checks that there is a probe for each score.
     *
     * @param scores how well they do
     * @param probes one a layer
     * @throws IllegalArgumentException if there is not
     */
    public ProbeReport {
        checkArgument(
                scores.layers().size() == probes.size(),
                "there are %s scores and %s probes",
                scores.layers().size(),
                probes.size());
    }

    /**
     * Returns the probe of a layer.
     *
     * @param layer k in 0..L
     * @return the probe with its score
     * @throws OutOfRangeException if no probe of that layer was trained
     */
    public LayerProbe at(int layer) {
        LayerScore score = scores.at(layer);
        return new LayerProbe(score, probes.get(scores.layers().indexOf(score)));
    }

    /** {@return the probe of the layer that {@link ProbeScores#best()} names} */
    public LayerProbe best() {
        return at(scores.best().layer());
    }

    /** {@return {@link ProbeScores#curves()}} */
    public LineChart curves() {
        return scores.curves();
    }

    /** {@return {@link ProbeScores#page()}} */
    @Override
    public Page page() {
        return scores.page();
    }

    /** {@return {@link ProbeScores#toCsv()}} */
    public String toCsv() {
        return scores.toCsv();
    }

    /** {@return {@link ProbeScores#toJson()}; probes are saved by {@link LinearProbe#save}} */
    public String toJson() {
        return scores.toJson();
    }

    /** {@return {@link ProbeScores#toString()}, a table} */
    @Override
    public String toString() {
        return scores.toString();
    }
}
