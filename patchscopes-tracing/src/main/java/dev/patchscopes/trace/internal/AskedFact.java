package dev.patchscopes.trace.internal;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Reading;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A fact that a model was asked. It knows the fact if each token of the answer is the most probable
 * one after those before it.
 *
 * @param fact the fact
 * @param prompt its tokens
 * @param answer tokens of its answer
 * @param next the most probable token after the prompt
 * @param known whether the model knows it
 */
public record AskedFact(
        FactPrompt fact,
        TokenizedPrompt prompt,
        ImmutableIntArray answer,
        TokenProbability next,
        boolean known) {

    /** How a tool states its sweeps: its execution, memory budget and listener. */
    @FunctionalInterface
    public interface Sweeps {
        /**
         * States a sweep.
         *
         * @param prompts a base run each
         * @param cells the cells
         * @param reading what is read of them
         * @return the sweep
         */
        Sweep of(List<TokenizedPrompt> prompts, List<Cell> cells, Reading reading);
    }

    /**
     * Asks a model, in one sweep.
     *
     * @param model the model
     * @param facts what to ask
     * @param sweeps states the sweep
     * @return one for each fact, in their order
     */
    public static ImmutableList<AskedFact> ask(
            HookedModel model, List<FactPrompt> facts, Sweeps sweeps) {
        List<ImmutableIntArray> answers =
                facts.stream().map(fact -> AnswerCells.tokens(model, fact.answer())).toList();
        List<TokenizedPrompt> prompts =
                facts.stream().map(fact -> model.tokenize(fact.prompt())).toList();
        List<TokenizedPrompt> bases = new ArrayList<>();
        for (int i = 0; i < facts.size(); i++) {
            bases.addAll(AnswerCells.prompts(prompts.get(i), answers.get(i)));
        }
        List<CellResult> results =
                sweeps.of(
                                bases,
                                IntStream.range(0, bases.size()).mapToObj(Cell::of).toList(),
                                Reading.top(1))
                        .execute();
        ImmutableList.Builder<AskedFact> asked = ImmutableList.builder();
        int at = 0;
        for (int i = 0; i < facts.size(); i++) {
            ImmutableIntArray answer = answers.get(i);
            List<CellResult> own = results.subList(at, at + answer.length());
            at += answer.length();
            asked.add(
                    new AskedFact(
                            facts.get(i),
                            prompts.get(i),
                            answer,
                            own.get(0).top().get(0),
                            isAnswered(own, answer)));
        }
        return asked.build();
    }

    private static boolean isAnswered(List<CellResult> cells, ImmutableIntArray answer) {
        return IntStream.range(0, answer.length())
                .allMatch(i -> cells.get(i).top().get(0).id() == answer.get(i));
    }
}
