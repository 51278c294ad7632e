package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

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
        List<TokenizedPrompt> prompts = new ArrayList<>();
        List<TokenizedPrompt> bases = new ArrayList<>();
        List<ImmutableIntArray> answers = new ArrayList<>();
        for (FactPrompt fact : facts) {
            ImmutableIntArray answer = AnswerCells.tokens(model, fact.answer());
            TokenizedPrompt prompt = model.tokenize(fact.prompt());
            prompts.add(prompt);
            answers.add(answer);
            bases.addAll(AnswerCells.prompts(prompt, answer));
        }
        List<CellResult> results =
                sweep.sweep(
                                bases,
                                IntStream.range(0, bases.size()).mapToObj(Cell::of).toList(),
                                Reading.top(1))
                        .execute();
        ImmutableList.Builder<Known> known = ImmutableList.builder();
        int unknown = 0;
        int withoutSubject = 0;
        int at = 0;
        for (int i = 0; i < facts.size(); i++) {
            ImmutableIntArray answer = answers.get(i);
            List<CellResult> own = results.subList(at, at + answer.length());
            at += answer.length();
            ImmutableList<Integer> subject = subject(facts.get(i), prompts.get(i));
            if (!isAnswered(own, answer)) {
                unknown++;
            } else if (subject.isEmpty()) {
                withoutSubject++;
            } else {
                known.add(
                        new Known(
                                facts.get(i),
                                prompts.get(i),
                                subject,
                                answer.get(0),
                                own.get(0).top().get(0).piece()));
            }
        }
        return new KnownFacts(known.build(), unknown, withoutSubject);
    }

    private static ImmutableList<Integer> subject(FactPrompt fact, TokenizedPrompt prompt) {
        return new Groups(prompt.length(), fact.positions().resolve(prompt).asList()).subject();
    }

    private static boolean isAnswered(List<CellResult> cells, ImmutableIntArray answer) {
        return IntStream.range(0, answer.length())
                .allMatch(i -> cells.get(i).top().get(0).id() == answer.get(i));
    }
}
