package dev.patchscopes.trace.knockout;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/**
 * The knockout of many facts. Some go through the blocks together; not all, as each cell keeps the
 * probabilities of all their answers.
 */
record FactAverage(KnockoutSweep sweep, ImmutableList<KnockoutSettings.Stated> edges) {
    private static final int TOGETHER = 64;

    KnockoutAverage run(List<FactPrompt> facts) {
        Steps steps = new Steps(sweep.progress(), "attention knockout", facts.size());
        return steps.during(
                () -> {
                    KnockoutSweep quiet =
                            new KnockoutSweep(
                                    sweep.model(),
                                    sweep.settings(),
                                    sweep.budget(),
                                    steps.within());
                    ImmutableList.Builder<AveragedFact> averaged = ImmutableList.builder();
                    Random random = new Random(sweep.settings().seed());
                    int unknown = 0;
                    int withoutSubject = 0;
                    for (int from = 0; from < facts.size(); from += TOGETHER) {
                        List<FactPrompt> some =
                                facts.subList(from, Math.min(facts.size(), from + TOGETHER));
                        KnownFacts asked = KnownFacts.ask(sweep.model(), some, quiet);
                        unknown += asked.unknown();
                        withoutSubject += asked.withoutSubject();
                        averaged.addAll(measure(asked.known(), quiet, random));
                        some.forEach(fact -> steps.done());
                    }
                    ImmutableList<AveragedFact> known = averaged.build();
                    checkAnyKnown(sweep.model(), facts, known, withoutSubject);
                    return new KnockoutAverage(sweep.settings(), known, unknown, withoutSubject);
                });
    }

    static void checkAnyKnown(
            HookedModel model, List<FactPrompt> facts, List<?> known, int withoutSubject) {
        checkArgument(
                !known.isEmpty(),
                "%s answers none of the %s facts%s: give facts that it answers, with a subject before the last token",
                model.name(),
                facts.size(),
                withoutSubject == 0
                        ? ""
                        : " but %s, whose subject is the last token alone"
                                .formatted(withoutSubject));
    }

    List<AveragedFact> measure(List<KnownFacts.Known> known, KnockoutSweep quiet, Random random) {
        if (known.isEmpty()) {
            return List.of();
        }
        int[] answers = known.stream().mapToInt(KnownFacts.Known::answer).distinct().toArray();
        List<KnockoutSweep.Task> tasks = new ArrayList<>();
        for (KnownFacts.Known fact : known) {
            int place = ImmutableIntArray.copyOf(answers).indexOf(fact.answer());
            tasks.add(
                    new KnockoutSweep.Task(
                            ImmutableList.of(fact.prompt()),
                            groups(fact, random),
                            cells -> value(cells.get(0), fact.answer(), place)));
        }
        List<KnockoutSweep.Outcome> outcomes = quiet.run(tasks, Reading.probabilitiesOf(answers));
        List<AveragedFact> out = new ArrayList<>();
        for (int i = 0; i < known.size(); i++) {
            KnownFacts.Known fact = known.get(i);
            out.add(
                    new AveragedFact(
                            fact.fact(),
                            SinglePrompt.measured(
                                    fact.prompt(),
                                    fact.subject(),
                                    ImmutableIntArray.of(fact.answer()),
                                    fact.answerText(),
                                    outcomes.get(i).base(),
                                    outcomes.get(i).curves())));
        }
        return out;
    }

    private ImmutableList<EdgeGroup> groups(KnownFacts.Known fact, Random random) {
        TokenizedPrompt prompt = fact.prompt();
        Groups split = new Groups(prompt.length(), fact.subject());
        return ImmutableList.<EdgeGroup>builder()
                .addAll(split.all())
                .add(split.random(random))
                .addAll(SinglePrompt.stated(edges, prompt))
                .build();
    }

    /** The metric of a cell, which was read at the answers of all facts, for one of them. */
    private double value(CellResult cell, int answer, int place) {
        CellResult own =
                new CellResult(
                        cell.top(),
                        cell.probabilities().subArray(place, place + 1),
                        cell.logits(),
                        cell.distribution(),
                        cell.residual(),
                        cell.generation());
        return new AnswerCells(
                        sweep.settings().metric(),
                        ImmutableIntArray.of(answer),
                        OptionalInt.empty())
                .value(List.of(own));
    }
}
