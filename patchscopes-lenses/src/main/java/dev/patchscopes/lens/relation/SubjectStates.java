package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableMap;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.text.Positions;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a run over a relation's prompt leaves at the two ends of the relation. */
final class SubjectStates {
    private final RelationPrompt prompt;
    private final ImmutableMap<Integer, double[]> subject;
    private final double[] object;

    /**
     * @param subject residual at the last token of the subject, by layer
     * @param object last residual at the last token of the prompt, before the final norm [d_model]
     */
    SubjectStates(RelationPrompt prompt, ImmutableMap<Integer, double[]> subject, double[] object) {
        this.prompt = prompt;
        this.subject = subject;
        this.object = object;
    }

    /**
     * What one forward pass reads.
     *
     * @param next what the model itself says
     */
    record Answered(SubjectStates states, TokenDistribution next) {}

    static Answered read(HookedModel model, RelationPrompt prompt, Set<Integer> layers) {
        Map<Integer, HookPoint> points =
                layers.stream().collect(Collectors.toMap(k -> k, HookPoint::residual));
        HookPoint last = HookPoint.residual(model.layers());
        Activations read =
                model.run(prompt.tokens())
                        .capture(points.values())
                        .capture(last)
                        .logits()
                        .execute();
        ImmutableMap.Builder<Integer, double[]> subject = ImmutableMap.builder();
        points.forEach(
                (layer, point) ->
                        subject.put(layer, read.vectorDoubles(point, prompt.subjectToken())));
        return new Answered(
                new SubjectStates(
                        prompt, subject.buildOrThrow(), read.vectorDoubles(last, Positions.last())),
                read.next());
    }

    RelationPrompt prompt() {
        return prompt;
    }

    /** The subject's residual at a layer that was read; not to be written to. */
    double[] at(int layer) {
        return subject.get(layer);
    }

    /** The last residual of the object's place; not to be written to. */
    double[] object() {
        return object;
    }
}
