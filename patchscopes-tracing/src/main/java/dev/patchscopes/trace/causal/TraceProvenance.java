package dev.patchscopes.trace.causal;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.LibraryVersion;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.model.Execution;
import dev.patchscopes.trace.AnswerMetric;

/**
 * All that determines a {@link CausalTrace}, beside its prompt.
 *
 * @param library version of the library
 * @param model the model
 * @param layers L, its number of blocks
 * @param metric what is measured of the answer
 * @param answer its token ids
 * @param answerText what they spell
 * @param against the other token of a logit difference; none otherwise
 * @param corruption how the subject is corrupted
 * @param corruptedPrompt token ids of the corrupted prompt; the traced prompt's own with noise
 * @param sigma standard deviation of Gaussian noise; 0 for other corruptions
 * @param copies number of corrupted copies
 * @param seed what noise is drawn from
 * @param execution how cells were computed
 */
public record TraceProvenance(
        LibraryVersion library,
        ModelIdentity model,
        int layers,
        AnswerMetric metric,
        ImmutableList<Integer> answer,
        String answerText,
        ImmutableList<Integer> against,
        String corruption,
        ImmutableList<Integer> corruptedPrompt,
        double sigma,
        int copies,
        long seed,
        Execution execution) {

    /** {@return model, corruption and metric in a line} */
    @Override
    public String toString() {
        return "%s, %s, %d copies, seed %d, %s"
                .formatted(model, corruption, copies, seed, metric.label());
    }
}
