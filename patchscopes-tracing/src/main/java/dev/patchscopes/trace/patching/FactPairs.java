package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.FactPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

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
 * @param pairs at least two; each subject is in one as the clean one, and in its reverse as the
 *     corrupted one
 */
public record FactPairs(
        String template, int subjectFrom, int subjectTo, ImmutableList<PromptPair> pairs) {

    private record Form(String template, int from, int to, int length) {}

    private record Asked(String subject, TokenizedPrompt prompt, ImmutableIntArray answer) {}

    /**
     * Pairs facts two by two, each corrupted by the other, that are asked for in the same words,
     * have subjects of as many tokens, and answers that begin with different tokens. A fact goes
     * with its subject's partner in the forms before where it can, else with the next one that is
     * left, and is left out if none is: so few pairs share a subject, which intervals draw
     * together.
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
                    .add(
                            new Asked(
                                    fact.subject(),
                                    prompt,
                                    AnswerCells.tokens(model, fact.answer())));
        }
        List<FactPairs> all = new ArrayList<>();
        Map<String, String> partners = new HashMap<>(); // by subject, in the forms before
        forms.forEach(
                (form, asked) -> {
                    ImmutableList<PromptPair> pairs =
                            paired(asked.stream().distinct().toList(), partners);
                    if (!pairs.isEmpty()) {
                        all.add(new FactPairs(form.template(), form.from(), form.to(), pairs));
                    }
                });
        all.sort(Comparator.comparingInt((FactPairs f) -> -f.pairs().size()));
        return ImmutableList.copyOf(all);
    }

    /**
     * Partners two by two, so that no pair shares a prompt with any but its own reverse: first
     * those that are partners in a form before, so that subjects of several forms stay in small
     * clusters, then each with the next that is left.
     */
    private static ImmutableList<PromptPair> paired(
            List<Asked> asked, Map<String, String> partners) {
        Map<Asked, Asked> chosen = new LinkedHashMap<>();
        for (Asked one : asked) {
            String partner = partners.get(one.subject());
            first(asked, chosen, one, other -> other.subject().equals(partner));
        }
        for (Asked one : asked) {
            first(
                    asked,
                    chosen,
                    one,
                    other ->
                            !partners.containsKey(one.subject())
                                    && !partners.containsKey(other.subject()));
        }
        for (Asked one : asked) {
            first(asked, chosen, one, other -> true);
        }
        chosen.forEach((one, other) -> partners.putIfAbsent(one.subject(), other.subject()));
        return asked.stream()
                .filter(chosen::containsKey)
                .map(one -> pair(one, chosen.get(one)))
                .collect(ImmutableList.toImmutableList());
    }

    /** Chooses the first partner that is free, behind the fact if there is one there. */
    private static void first(
            List<Asked> asked, Map<Asked, Asked> chosen, Asked one, Predicate<Asked> fits) {
        if (chosen.containsKey(one)) {
            return;
        }
        int at = asked.indexOf(one);
        for (int step = 1; step < asked.size(); step++) {
            Asked other = asked.get((at + step) % asked.size());
            if (!chosen.containsKey(other)
                    && other.answer().get(0) != one.answer().get(0)
                    && fits.test(other)) {
                chosen.put(one, other);
                chosen.put(other, one);
                return;
            }
        }
    }

    private static PromptPair pair(Asked clean, Asked corrupted) {
        return new PromptPair(
                clean.prompt(),
                corrupted.prompt(),
                clean.answer(),
                corrupted.answer(),
                ImmutableList.of(clean.subject(), corrupted.subject()));
    }

    /** {@return words and number of pairs} */
    @Override
    public String toString() {
        return "%d pairs of \"%s\"".formatted(pairs.size(), template);
    }
}
