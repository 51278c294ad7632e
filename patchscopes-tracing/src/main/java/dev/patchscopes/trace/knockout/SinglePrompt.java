package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The knockout of one prompt. */
record SinglePrompt(
        KnockoutSweep sweep, ImmutableList<KnockoutSettings.Stated> edges, boolean perToken) {

    /** What is measured, and how it reads. */
    private record Answer(ImmutableIntArray tokens, String text) {}

    KnockoutResult run(
            TokenizedPrompt prompt,
            Optional<Positions> subject,
            Optional<String> answerText,
            ImmutableIntArray answerTokens) {
        Answer answer = answer(prompt, answerText, answerTokens);
        AnswerCells cells =
                new AnswerCells(
                        sweep.settings().metric(),
                        answer.tokens(),
                        sweep.settings().against().stream().mapToInt(t -> t).findFirst());
        List<Integer> subjectTokens =
                subject.map(s -> s.resolve(prompt).asList()).orElse(ImmutableList.of());
        Groups split = new Groups(prompt.length(), subjectTokens);
        ImmutableList<EdgeGroup> groups =
                ImmutableList.<EdgeGroup>builder()
                        .addAll(subject.isPresent() ? split.all() : split.endsOnly())
                        .addAll(stated(edges, prompt))
                        .build();
        ImmutableList<EdgeGroup> map = perToken ? split.perToken(prompt) : ImmutableList.of();
        KnockoutSweep.Outcome outcome =
                sweep.run(
                                List.of(
                                        new KnockoutSweep.Task(
                                                cells.prompts(prompt),
                                                ImmutableList.<EdgeGroup>builder()
                                                        .addAll(groups)
                                                        .addAll(map)
                                                        .build(),
                                                cells::value)),
                                cells.reading())
                        .get(0);
        return new KnockoutResult(
                sweep.settings(),
                measured(
                        prompt,
                        subjectTokens,
                        answer.tokens(),
                        answer.text(),
                        outcome.base(),
                        outcome.curves().subList(0, groups.size())),
                outcome.curves().subList(groups.size(), outcome.curves().size()));
    }

    private Answer answer(TokenizedPrompt prompt, Optional<String> text, ImmutableIntArray tokens) {
        HookedModel model = sweep.model();
        if (text.isPresent()) {
            return new Answer(AnswerCells.tokens(model, text.get()), text.get());
        }
        if (!tokens.isEmpty()) {
            return new Answer(tokens, TokenizedPrompt.ofIds(tokens).toString());
        }
        TokenProbability best = model.run(prompt).execute().topTokens(1).get(0);
        return new Answer(ImmutableIntArray.of(best.id()), best.piece());
    }

    /** The groups that were stated, each name once, in a prompt. */
    static ImmutableList<EdgeGroup> stated(
            List<KnockoutSettings.Stated> edges, TokenizedPrompt prompt) {
        Map<String, ImmutableList.Builder<KnockoutEdges>> byName = new LinkedHashMap<>();
        for (KnockoutSettings.Stated group : edges) {
            byName.computeIfAbsent(group.name(), name -> ImmutableList.builder())
                    .add(
                            KnockoutEdges.between(
                                    group.queries().resolve(prompt), group.keys().resolve(prompt)));
        }
        return byName.entrySet().stream()
                .map(group -> new EdgeGroup(group.getKey(), group.getValue().build()))
                .collect(ImmutableList.toImmutableList());
    }

    static KnockoutCase measured(
            TokenizedPrompt prompt,
            List<Integer> subject,
            ImmutableIntArray answer,
            String answerText,
            double base,
            List<KnockoutCurve> curves) {
        return new KnockoutCase(
                prompt.text(),
                ImmutableList.copyOf(prompt.ids().asList()),
                prompt.tokens().stream().map(Token::piece).collect(ImmutableList.toImmutableList()),
                ImmutableList.copyOf(subject),
                ImmutableList.copyOf(answer.asList()),
                answerText,
                base,
                ImmutableList.copyOf(curves));
    }
}
