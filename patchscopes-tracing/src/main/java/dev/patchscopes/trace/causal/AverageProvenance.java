package dev.patchscopes.trace.causal;

import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.trace.AnswerMetric;

/**
 * All that determines a {@link TraceAverage}, beside its facts.
 *
 * @param library version of the library
 * @param model the model
 * @param layers L, its number of blocks
 * @param metric what is measured of the answers
 * @param corruption how subjects are corrupted
 * @param sigma standard deviation of Gaussian noise; 0 for other corruptions
 * @param copies number of corrupted copies of each prompt
 * @param seed what noise is drawn from
 * @param window blocks around the centre in which MLP or attention outputs are restored
 * @param execution how cells were computed
 */
public record AverageProvenance(
        LibraryVersion library,
        ModelIdentity model,
        int layers,
        AnswerMetric metric,
        String corruption,
        double sigma,
        int copies,
        long seed,
        int window,
        Execution execution) {

    /** {@return model, corruption and metric in a line} */
    @Override
    public String toString() {
        return "%s, %s (sigma %.4f), %d copies, seed %d, windows of %d, %s"
                .formatted(model, corruption, sigma, copies, seed, window, metric.label());
    }
}
