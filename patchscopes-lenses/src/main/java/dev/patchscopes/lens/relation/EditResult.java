package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.report.BarChart;
import dev.patchscopes.report.Page;
import dev.patchscopes.report.Viewable;

/**
 * What a model says of a subject before and after an edit.
 *
 * @param subject the subject edited
 * @param other the subject whose object was wanted
 * @param layer layer of the edit
 * @param rank rank of the pseudo-inverse
 * @param before the model's own answers for the subject and for the other, with their probabilities
 *     before the edit
 * @param after the same two tokens after it
 * @param top most probable tokens after it
 */
public record EditResult(
        String subject,
        String other,
        int layer,
        int rank,
        ImmutableList<TokenProbability> before,
        ImmutableList<TokenProbability> after,
        ImmutableList<TokenProbability> top)
        implements Viewable {

    /** {@return whether the other's answer is now the most probable token} */
    public boolean isSuccess() {
        return top.get(0).id() == after.get(1).id();
    }

    /** {@return whether the other's answer is now more probable than the subject's own} */
    public boolean isPreferred() {
        return after.get(1).probability() > after.get(0).probability();
    }

    /** {@return both subjects' answers, before the edit and after} */
    public BarChart chart() {
        return RelationFigures.chart(this);
    }

    /** {@return the chart, and the most probable tokens after the edit} */
    @Override
    public Page page() {
        return RelationFigures.page(this);
    }

    /** {@return subjects, and the answers before and after} */
    @Override
    public String toString() {
        return "%s as %s (layer %d, rank %d): %s -> %s"
                .formatted(subject, other, layer, rank, before.get(0), top.get(0));
    }
}
