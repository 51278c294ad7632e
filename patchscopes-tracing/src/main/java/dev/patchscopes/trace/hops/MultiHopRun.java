package dev.patchscopes.trace.hops;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.patchscopes.PatchscopeException;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.measure.Scoring;
import dev.patchscopes.model.Generation;
import dev.patchscopes.model.Progress;
import dev.patchscopes.text.Quoting;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Multi-hop questions at work: asked without a patch first, then the cells of what counts. */
final class MultiHopRun {

    /** Cells of one sweep, which holds the results of all of its cells until its end. */
    private static final int CELLS_AT_ONCE = 16_384;

    private final HopSweep sweep;
    private final MultiHopProvenance plan;
    private final Progress progress;

    MultiHopRun(HopSweep sweep, MultiHopProvenance plan, Progress progress) {
        this.sweep = sweep;
        this.plan = plan;
        this.progress = progress;
    }

    MultiHopReport run(List<HopQuestion> questions) {
        List<HopReading> asked = ask(questions);
        List<HopSweep.Placed> counted =
                IntStream.range(0, asked.size())
                        .filter(i -> countsAtAll(asked.get(i)))
                        .mapToObj(i -> new HopSweep.Placed(i, tokens(questions.get(i))))
                        .toList();
        if (counted.isEmpty()) {
            throw nothingCounts(asked);
        }
        int cells = HopSweep.cellsOfQuestion(plan);
        Steps steps = new Steps(progress, "the multi-hop run", (long) counted.size() * cells);
        return steps.during(
                () -> {
                    Map<Integer, HopReading> read = new HashMap<>();
                    for (List<HopSweep.Placed> part :
                            Lists.partition(counted, Math.max(1, CELLS_AT_ONCE / cells))) {
                        List<HopSweep.Answers> answers =
                                sweep.run(
                                        plan,
                                        part,
                                        Optional.of(
                                                (cell, text) ->
                                                        Scoring.isFound(
                                                                text,
                                                                questions
                                                                        .get(
                                                                                part.get(
                                                                                                cell
                                                                                                        / cells)
                                                                                        .index())
                                                                        .second())),
                                        steps.inParts());
                        for (int i = 0; i < part.size(); i++) {
                            int index = part.get(i).index();
                            read.put(
                                    index,
                                    with(asked.get(index), part.get(i).tokens(), answers.get(i)));
                        }
                        steps.done((long) part.size() * cells);
                        steps.check();
                    }
                    return new MultiHopReport(
                            plan,
                            IntStream.range(0, asked.size())
                                    .mapToObj(i -> read.getOrDefault(i, asked.get(i)))
                                    .toList());
                });
    }

    private HopTokens tokens(HopQuestion question) {
        return HopTokens.of(sweep.model(), plan.form(), question);
    }

    private boolean countsAtAll(HopReading reading) {
        return Arrays.stream(Scoring.values()).anyMatch(s -> plan.counts(reading, s));
    }

    private PatchscopeException nothingCounts(List<HopReading> asked) {
        HopReading first = asked.get(0);
        return new PatchscopeException(
                "of %d questions %s %s none (%s -> %s, %s -> %s): nothing counts; %s"
                        .formatted(
                                asked.size(),
                                sweep.model().name(),
                                plan.countsAll()
                                        ? "fails"
                                        : plan.onlyFailing()
                                                ? "answers both hops, and fails the question itself, of"
                                                : "answers both hops of",
                                Quoting.quote(first.question().firstPrompt()),
                                Quoting.quoteShort(first.firstHop()),
                                Quoting.quote(first.question().secondPrompt()),
                                Quoting.quoteShort(first.secondHop()),
                                plan.onlyFailing()
                                        ? "give others, or leave out onlyFailing()"
                                        : "word them otherwise, or countAll()"));
    }

    /** What is asked without a patch, each prompt once. */
    private List<HopReading> ask(List<HopQuestion> questions) {
        ImmutableList<String> prompts =
                questions.stream()
                        .flatMap(
                                q ->
                                        Stream.of(
                                                q.firstPrompt(),
                                                q.secondPrompt(),
                                                q.question(),
                                                MultiHop.STEP_BY_STEP + q.question()))
                        .distinct()
                        .collect(ImmutableList.toImmutableList());
        List<Generation> said =
                sweep.ask(
                        prompts.stream().map(sweep.model()::tokenize).toList(),
                        plan.directTokens(),
                        Steps.quiet(progress));
        Map<String, String> answers = new HashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            answers.put(prompts.get(i), said.get(i).text());
        }
        return questions.stream()
                .map(
                        q ->
                                new HopReading(
                                        q,
                                        answers.get(q.firstPrompt()),
                                        answers.get(q.secondPrompt()),
                                        answers.get(q.question()),
                                        answers.get(MultiHop.STEP_BY_STEP + q.question()),
                                        Optional.empty(),
                                        "",
                                        ImmutableList.of(),
                                        ImmutableList.of()))
                .toList();
    }

    private static HopReading with(HopReading asked, HopTokens tokens, HopSweep.Answers answers) {
        return new HopReading(
                asked.question(),
                asked.firstHop(),
                asked.secondHop(),
                asked.direct(),
                asked.stepByStep(),
                Optional.of(HopPrompts.of(tokens)),
                answers.unpatched().text(),
                texts(answers.patched()),
                texts(answers.random()));
    }

    private static ImmutableList<String> texts(List<Generation> generations) {
        return generations.stream().map(Generation::text).collect(ImmutableList.toImmutableList());
    }
}
