package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AskedFact;
import java.util.List;

/**
 * Facts that a model answers: each token of the answer is the most probable one after those before
 * it.
 */
record KnownFacts(ImmutableList<Known> known, int unknown, int withoutSubject) {

    /**
     * A fact the model answers.
     *
     * @param fact the fact
     * @param prompt its tokens
     * @param subject positions of its subject before the last token, at least one
     * @param answer first token of the answer
     * @param answerText the same, readable
     */
    record Known(
            FactPrompt fact,
            TokenizedPrompt prompt,
            ImmutableList<Integer> subject,
            int answer,
            String answerText) {}

    /** Asks the model, in one sweep. */
    static KnownFacts ask(HookedModel model, List<FactPrompt> facts, KnockoutSweep sweep) {
        ImmutableList.Builder<Known> known = ImmutableList.builder();
        int unknown = 0;
        int withoutSubject = 0;
        for (AskedFact asked : AskedFact.ask(model, facts, sweep::sweep)) {
            ImmutableList<Integer> subject = subject(asked.fact(), asked.prompt());
            if (!asked.known()) {
                unknown++;
            } else if (subject.isEmpty()) {
                withoutSubject++;
            } else {
                known.add(
                        new Known(
                                asked.fact(),
                                asked.prompt(),
                                subject,
                                asked.answer().get(0),
                                asked.next().piece()));
            }
        }
        return new KnownFacts(known.build(), unknown, withoutSubject);
    }

    private static ImmutableList<Integer> subject(FactPrompt fact, TokenizedPrompt prompt) {
        return new Groups(prompt.length(), fact.positions().resolve(prompt).asList()).subject();
    }
}
