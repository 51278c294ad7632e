package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pairs of facts that are asked for in the same words and differ in their subjects alone, at the
 * same positions: each is the corruption of another (symmetric token replacement, Zhang &amp; Nanda
 * 2024, section 2). Values of all of them can be averaged position by position.
 *
 * <pre>{@code
 * FactPairs most = FactPairs.of(model, GroundTruth.of(DemoModel.STANDARD).knownPrompts()).get(0);
 * ActivationPatching patching = ActivationPatching.of(model).firstTokens().pairs(most.pairs());
 * }</pre>
 *
 * @param template the words, with {@code {}} for the subject
 * @param subjectFrom position of the subject's first token
 * @param subjectTo position after its last token
 * @param pairs at least one; each subject is in one as the clean one
 */
public record FactPairs(
        String template, int subjectFrom, int subjectTo, ImmutableList<PromptPair> pairs) {

    private record Form(String template, int from, int to, int length) {}

    private record Asked(TokenizedPrompt prompt, ImmutableIntArray answer) {}

    /**
     * Pairs each fact with the next one that is asked for in the same words, has a subject of as
     * many tokens, and an answer that begins with another token.
     *
     * @param model whose tokenizer is used
     * @param facts in the order in which they are paired
     * @return pairs by their form, those with the most pairs first
     */
    public static ImmutableList<FactPairs> of(HookedModel model, List<FactPrompt> facts) {
        Map<Form, List<Asked>> forms = new LinkedHashMap<>();
        for (FactPrompt fact : facts) {
            TokenizedPrompt prompt = model.tokenize(fact.prompt());
            ImmutableIntArray subject = fact.positions().resolve(prompt);
            String template =
                    fact.prompt().substring(0, fact.span().start())
                            + "{}"
                            + fact.prompt().substring(fact.span().end());
            int from = subject.get(0);
            Form form = new Form(template, from, from + subject.length(), prompt.length());
            forms.computeIfAbsent(form, f -> new ArrayList<>())
                    .add(new Asked(prompt, AnswerCells.tokens(model, fact.answer())));
        }
        List<FactPairs> all = new ArrayList<>();
        forms.forEach(
                (form, asked) -> {
                    ImmutableList<PromptPair> pairs = paired(asked);
                    if (!pairs.isEmpty()) {
                        all.add(new FactPairs(form.template(), form.from(), form.to(), pairs));
                    }
                });
        all.sort(Comparator.comparingInt((FactPairs f) -> -f.pairs().size()));
        return ImmutableList.copyOf(all);
    }

    private static ImmutableList<PromptPair> paired(List<Asked> asked) {
        ImmutableList.Builder<PromptPair> pairs = ImmutableList.builder();
        for (int i = 0; i < asked.size(); i++) {
            Asked clean = asked.get(i);
            for (int step = 1; step < asked.size(); step++) {
                Asked other = asked.get((i + step) % asked.size());
                if (other.answer().get(0) != clean.answer().get(0)) {
                    pairs.add(
                            new PromptPair(
                                    clean.prompt(),
                                    other.prompt(),
                                    clean.answer(),
                                    other.answer()));
                    break;
                }
            }
        }
        return pairs.build();
    }

    /** {@return words and number of pairs} */
    @Override
    public String toString() {
        return "%d pairs of \"%s\"".formatted(pairs.size(), template);
    }
}
