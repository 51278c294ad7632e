package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.patchscopes.facts.Question;
import dev.patchscopes.internal.RandomVector;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.BaseRun;
import dev.patchscopes.model.Cell;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Patch;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Sweep;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.LayerPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A back-patching at work. */
final class BackPatchingRun {

    /** Cells of one sweep, which holds the results of all of its cells until its end. */
    private static final int CELLS_AT_ONCE = 16_384;

    private final HookedModel model;
    private final BackPatchingProvenance plan;
    private final Optional<Long> budget;
    private final Progress progress;

    /** A question and its subject, as the model reads it, and the token that is patched. */
    record Input(Question question, String subject, TokenizedPrompt prompt, int position) {}

    BackPatchingRun(
            HookedModel model,
            BackPatchingProvenance plan,
            Optional<Long> budget,
            Progress progress) {
        this.model = model;
        this.plan = plan;
        this.budget = budget;
        this.progress = progress;
    }

    private int cellsOfQuestion() {
        return 2 * plan.pairs().size() + 1;
    }

    BackPatchingReport run(List<Input> inputs) {
        Steps steps =
                new Steps(progress, "the back-patching", (long) inputs.size() * cellsOfQuestion());
        return steps.during(
                () -> {
                    ImmutableList.Builder<BackPatchedQuestion> out = ImmutableList.builder();
                    for (List<Integer> part :
                            Lists.partition(
                                    IntStream.range(0, inputs.size()).boxed().toList(),
                                    Math.max(1, CELLS_AT_ONCE / cellsOfQuestion()))) {
                        List<CellResult> results = sweep(part, inputs, steps);
                        for (int i = 0; i < part.size(); i++) {
                            int first = i * cellsOfQuestion();
                            out.add(
                                    answered(
                                            inputs.get(part.get(i)),
                                            Lists.transform(
                                                    results.subList(
                                                            first, first + cellsOfQuestion()),
                                                    BackPatchingRun::answer)));
                        }
                        steps.done(results.size());
                    }
                    return new BackPatchingReport(plan, out.build());
                });
    }

    /** Of each question the cells patched, those with random vectors, and the plain one. */
    private List<CellResult> sweep(List<Integer> part, List<Input> inputs, Steps steps) {
        List<BaseRun> bases = new ArrayList<>();
        List<Cell> cells = new ArrayList<>();
        for (int index : part) {
            Input input = inputs.get(index);
            int base = bases.size();
            bases.add(BaseRun.of(input.prompt));
            cells.addAll(cells(index, input, base, false));
            cells.addAll(cells(index, input, base, true));
            cells.add(Cell.of(base));
        }
        Sweep sweep =
                model.sweep(bases)
                        .cells(cells)
                        .generate(plan.newTokens())
                        .execution(plan.execution())
                        .progress(steps.inParts());
        if (inputs.stream().noneMatch(input -> input.prompt.text().isEmpty())) { // tokens alone
            sweep =
                    sweep.stopWhen(
                            (cell, text) ->
                                    isAnswered(
                                            inputs.get(part.get(cell / cellsOfQuestion())).question,
                                            text));
        }
        return budget.map(sweep::memoryBudget).orElse(sweep).execute();
    }

    /** Whether the text begins with the answer, whatever would follow. */
    private static boolean isAnswered(Question question, String text) {
        return question.isAnsweredBy(text)
                && text.stripLeading().length() > question.answer().length();
    }

    private List<Cell> cells(int index, Input input, int base, boolean random) {
        Positions at = Positions.at(input.position);
        List<Cell> cells = new ArrayList<>();
        for (LayerPair pair : plan.pairs()) {
            RandomVector vector = new RandomVector(plan.seed(), index, pair.source());
            Patch patch =
                    Patch.of(base, HookPoint.residual(pair.source()), at)
                            .to(HookPoint.residual(pair.target()), at);
            cells.add(
                    Cell.of(base)
                            .patched(random ? patch.mapped(vector.toString(), vector) : patch));
        }
        return cells;
    }

    private BackPatchedQuestion answered(Input input, List<BackPatchedAnswer> answers) {
        int pairs = plan.pairs().size();
        return new BackPatchedQuestion(
                input.question,
                input.subject,
                input.prompt.tokens().stream()
                        .map(Token::piece)
                        .collect(ImmutableList.toImmutableList()),
                input.position,
                answers.get(2 * pairs),
                ImmutableList.copyOf(answers.subList(0, pairs)),
                ImmutableList.copyOf(answers.subList(pairs, 2 * pairs)));
    }

    private static BackPatchedAnswer answer(CellResult result) {
        Generation generation = result.generation().orElseThrow();
        return new BackPatchedAnswer(
                generation.text(),
                ImmutableList.copyOf(generation.ids().asList()),
                generation.tokens().stream()
                        .map(TokenProbability::probability)
                        .collect(ImmutableList.toImmutableList()));
    }
}
