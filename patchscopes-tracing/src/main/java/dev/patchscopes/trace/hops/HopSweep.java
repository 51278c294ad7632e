package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Execution;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Answers of one model, computed many at a time.
 *
 * @param model the model
 * @param execution how cells are computed
 * @param budget bytes that cells in flight may take
 */
record HopSweep(HookedModel model, Execution execution, Optional<Long> budget) {

    /**
     * A question with its place among all, by which its random vectors are drawn.
     *
     * @param index its place
     * @param tokens the question as the model reads it
     */
    record Placed(int index, HopTokens tokens) {}

    /**
     * Answers about one question.
     *
     * @param patched in each cell, source layers outermost
     * @param random the same with random vectors
     * @param unpatched of the target prompt alone
     */
    record Answers(
            ImmutableList<Generation> patched,
            ImmutableList<Generation> random,
            Generation unpatched) {}

    /** The base runs of a sweep, each prompt once. */
    private static final class Bases {
        private final Map<TokenizedPrompt, Integer> indices = new LinkedHashMap<>();

        int of(TokenizedPrompt prompt) {
            return indices.computeIfAbsent(prompt, p -> indices.size());
        }

        List<BaseRun> runs() {
            return indices.keySet().stream().map(BaseRun::of).toList();
        }
    }

    /** Cells of one question: patched, random, and one without a patch. */
    static int cellsOfQuestion(MultiHopProvenance plan) {
        return 2 * plan.cells() + 1;
    }

    /** What follows each prompt. */
    ImmutableList<Generation> ask(List<TokenizedPrompt> prompts, int newTokens, Progress listener) {
        return generations(
                sweep(
                        prompts.stream().map(BaseRun::of).toList(),
                        IntStream.range(0, prompts.size()).mapToObj(Cell::of).toList(),
                        newTokens,
                        listener));
    }

    /**
     * Computes the cells of some questions.
     *
     * @param stop ends the answer of a cell, by {@link #cellsOfQuestion}; none where the model has
     *     no tokenizer, and so no texts
     */
    List<Answers> run(
            MultiHopProvenance plan,
            List<Placed> questions,
            Optional<Sweep.TextStop> stop,
            Progress listener) {
        Bases bases = new Bases();
        List<Cell> cells = new ArrayList<>();
        for (Placed question : questions) {
            cells.addAll(cells(plan, question, bases, false));
            cells.addAll(cells(plan, question, bases, true));
            cells.add(Cell.of(bases.of(question.tokens.target())));
        }
        Sweep sweep = sweep(bases.runs(), cells, plan.newTokens(), listener);
        ImmutableList<Generation> all = generations(stop.map(sweep::stopWhen).orElse(sweep));
        int one = cellsOfQuestion(plan);
        int half = one / 2;
        return IntStream.range(0, questions.size())
                .map(i -> i * one)
                .mapToObj(
                        at ->
                                new Answers(
                                        all.subList(at, at + half),
                                        all.subList(at + half, at + 2 * half),
                                        all.get(at + 2 * half)))
                .toList();
    }

    private static List<Cell> cells(
            MultiHopProvenance plan, Placed question, Bases bases, boolean random) {
        HopTokens tokens = question.tokens;
        int source = bases.of(tokens.source());
        int target = bases.of(tokens.target());
        List<Cell> cells = new ArrayList<>();
        for (int l : plan.sourceLayers().asList()) {
            // The cells of a row share a function, by which the sweep can tell that it is the same.
            RandomVector vector = new RandomVector(plan.seed(), question.index, l);
            for (int to : plan.targetLayers().asList()) {
                Patch patch =
                        Patch.of(source, HookPoint.residual(l), Positions.at(tokens.read()))
                                .to(HookPoint.residual(to), Positions.at(tokens.written()));
                cells.add(
                        Cell.of(target)
                                .patched(random ? patch.mapped(vector.toString(), vector) : patch));
            }
        }
        return cells;
    }

    private Sweep sweep(List<BaseRun> bases, List<Cell> cells, int newTokens, Progress listener) {
        Sweep sweep =
                model.sweep(bases)
                        .cells(cells)
                        .generate(newTokens)
                        .execution(execution)
                        .progress(listener);
        return budget.map(sweep::memoryBudget).orElse(sweep);
    }

    private static ImmutableList<Generation> generations(Sweep sweep) {
        return sweep.execute().stream()
                .map(CellResult::generation)
                .map(Optional::orElseThrow)
                .collect(ImmutableList.toImmutableList());
    }
}
