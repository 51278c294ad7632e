package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.facts.Relation;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenProbability;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Locale;

/**
 * What counts as right after a prompt.
 *
 * @param answers the object and its aliases, in lower case
 * @param firstTokens the token each begins with
 */
record AnswerKey(
        HookedModel model, ImmutableSet<String> answers, ImmutableSet<Integer> firstTokens) {

    /** How many of the most probable tokens are looked at. */
    static final int DEPTH = 3;

    static AnswerKey of(HookedModel model, TokenizedPrompt prompt, Relation.Sample sample) {
        return of(model, prompt, sample.answers());
    }

    static AnswerKey of(HookedModel model, TokenizedPrompt prompt, ImmutableSet<String> answers) {
        return new AnswerKey(
                model,
                answers.stream()
                        .map(answer -> answer.toLowerCase(Locale.ROOT))
                        .collect(ImmutableSet.toImmutableSet()),
                answers.stream()
                        .map(answer -> firstToken(model, prompt, answer))
                        .collect(ImmutableSet.toImmutableSet()));
    }

    /** The token that an answer begins with after a prompt and a space. */
    private static int firstToken(HookedModel model, TokenizedPrompt prompt, String answer) {
        ImmutableIntArray before = prompt.ids();
        ImmutableIntArray all = model.tokenize(prompt.text() + " " + answer).ids();
        if (all.length() > before.length() && all.subArray(0, before.length()).equals(before)) {
            return all.get(before.length());
        }
        return model.tokenizer().tokenize(" " + answer, false).ids().get(0);
    }

    /** The first token of the object itself. */
    int token() {
        return firstTokens.iterator().next();
    }

    boolean accepts(AnswerRule rule, int token) {
        if (rule == AnswerRule.FIRST_TOKEN) {
            return firstTokens.contains(token);
        }
        String text =
                model.tokenizer()
                        .decode(ImmutableIntArray.of(token))
                        .strip()
                        .toLowerCase(Locale.ROOT);
        return !text.isEmpty() && answers.stream().anyMatch(answer -> answer.startsWith(text));
    }

    Scored score(TokenDistribution distribution) {
        return score(distribution.top(DEPTH), distribution.logProbability(token()));
    }

    Scored score(Decoding.Decoded decoded) {
        return score(decoded.top(), decoded.logProbability());
    }

    private Scored score(ImmutableList<TokenProbability> top, double logProbability) {
        return new Scored(
                top,
                place(AnswerRule.PREFIX, top),
                place(AnswerRule.FIRST_TOKEN, top),
                logProbability);
    }

    private int place(AnswerRule rule, List<TokenProbability> top) {
        for (int i = 0; i < top.size(); i++) {
            if (accepts(rule, top.get(i).id())) {
                return i + 1;
            }
        }
        return 0;
    }

    /**
     * A distribution against the key.
     *
     * @param top most probable tokens
     * @param prefixPlace place of the first right token, from 1; 0 if none of them is
     * @param firstTokenPlace the same by the strict rule
     * @param logProbability of the object's first token, in nats
     */
    record Scored(
            ImmutableList<TokenProbability> top,
            int prefixPlace,
            int firstTokenPlace,
            double logProbability) {

        boolean isRight() {
            return prefixPlace == 1;
        }
    }
}
