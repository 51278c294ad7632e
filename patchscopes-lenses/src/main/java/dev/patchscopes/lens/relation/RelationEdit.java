package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.Mapping;
import dev.patchscopes.linear.LowRank;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.TokenDistribution;

/**
 * Edits a fact through a {@link LinearRelation}: adds dh = W_r^+ (z_target - z_source) to the last
 * token of the source subject, so that the model goes on with the target's object.
 *
 * <p>z are the last residuals, at the end of the question, of the prompts about the two subjects.
 * The factor beta has no part in it. Hernandez et al. (2024), section 3.4.
 *
 * <p>As a Patchscope it is f(h) = h + dh from the subject's token to itself, at one layer of one
 * prompt; see {@link #asMapping}.
 *
 * <p>Immutable; the model stays the caller's to close.
 */
public final class RelationEdit {
    private final HookedModel model;
    private final RelationContext context;
    private final int layer;
    private final LowRank inverse; // [d_model, d_model]

    RelationEdit(HookedModel model, RelationContext context, int layer, LowRank inverse) {
        this.model = model;
        this.context = context;
        this.layer = layer;
        this.inverse = inverse;
    }

    /** {@return the layer that is edited} */
    public int layer() {
        return layer;
    }

    /** {@return r} */
    public int rank() {
        return inverse.rank();
    }

    /**
     * What to add to a subject's residual.
     *
     * @param source last residual of the prompt about the subject [d_model]
     * @param target last residual of the prompt about the subject whose object is wanted
     * @return dh = W_r^+ (target - source) [d_model]
     */
    public double[] step(double[] source, double[] target) {
        double[] dz = new double[source.length];
        for (int i = 0; i < dz.length; i++) {
            dz[i] = target[i] - source[i];
        }
        return inverse.times(dz);
    }

    /**
     * The edit as the f of a patchscope whose target is its source.
     *
     * @param step dh [d_model], see {@link #step}
     * @return f(h) = h + dh
     */
    public Mapping asMapping(double[] step) {
        double[] added = step.clone();
        return Mapping.of(
                "edit of rank %d at layer %d".formatted(rank(), layer), h -> plus(h, added));
    }

    static double[] plus(double[] h, double[] step) {
        double[] sum = h.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += step[i];
        }
        return sum;
    }

    /**
     * Edits a subject so that it has the object of another.
     *
     * @param subject the subject
     * @param other the subject whose object is wanted
     * @return what the model says before and after
     */
    public EditResult run(String subject, String other) {
        SubjectStates.Answered source = read(subject);
        SubjectStates.Answered target = read(other);
        RelationPrompt prompt = source.states().prompt();
        double[] step = step(source.states().object(), target.states().object());
        TokenDistribution after =
                model.run(prompt.tokens())
                        .intervene(
                                Intervention.add(
                                        HookPoint.residual(layer), prompt.subjectToken(), step))
                        .execute()
                        .next();
        int wanted = target.next().argMax();
        int original = source.next().argMax();
        return new EditResult(
                subject,
                other,
                layer,
                rank(),
                ImmutableList.of(source.next().token(original), source.next().token(wanted)),
                ImmutableList.of(after.token(original), after.token(wanted)),
                after.top(AnswerKey.DEPTH));
    }

    private SubjectStates.Answered read(String subject) {
        return SubjectStates.read(model, context.ask(model, subject), ImmutableSet.of(layer));
    }

    /** {@return rank, layer and model} */
    @Override
    public String toString() {
        return "RelationEdit[rank %d, layer %d of %s]".formatted(rank(), layer, model.name());
    }
}
