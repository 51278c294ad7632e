package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;
import java.util.Optional;

/**
 * What a model said of one question.
 *
 * @param question the question
 * @param firstHop its answer to the first hop alone
 * @param secondHop its answer to the second hop alone, with the bridge given
 * @param direct its answer to the whole question
 * @param stepByStep the same with {@value MultiHop#STEP_BY_STEP} before the question
 * @param prompts where vectors were read and written; empty where {@code patched} is
 * @param unpatched its answer to the target prompt without a patch; empty where {@code patched} is
 * @param patched its answer in each cell, source layers outermost; none if the question counts
 *     under no scoring
 * @param random the same with random vectors of the same lengths
 */
public record HopReading(
        HopQuestion question,
        String firstHop,
        String secondHop,
        String direct,
        String stepByStep,
        Optional<HopPrompts> prompts,
        String unpatched,
        ImmutableList<String> patched,
        ImmutableList<String> random)
        implements Viewable {

    /**
     * Says whether the model knows both hops.
     *
     * @param scoring how answers count
     * @return whether it answers each by itself
     */
    public boolean knowsHops(Scoring scoring) {
        return scoring.finds(firstHop, question.first())
                && scoring.finds(secondHop, question.second());
    }

    /**
     * Says whether a text answers the question.
     *
     * @param text what a model generated
     * @param scoring how answers count
     * @return whether it does
     */
    public boolean isAnswer(String text, Scoring scoring) {
        return scoring.finds(text, question.second());
    }

    /** {@return what was asked without a patch and said, and how many pairs of layers are right} */
    @Override
    public Page page() {
        return HopFigures.page(this);
    }
}
