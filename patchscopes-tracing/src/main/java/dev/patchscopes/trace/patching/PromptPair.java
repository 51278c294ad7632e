package dev.patchscopes.trace.patching;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.trace.internal.AnswerCells;

/**
 * A clean prompt and a corrupted one, which a model answers differently. Position i of one is
 * patched with position i of the other, so both have as many tokens; they should differ in as
 * little as is asked about (symmetric token replacement, Zhang &amp; Nanda 2024, section 2).
 *
 * <pre>{@code
 * PromptPair pair = PromptPair.of(model,
 *     "The capital of Japan is", "The capital of France is", " Tokyo", " Paris");
 * }</pre>
 *
 * @param clean its answer is measured
 * @param corrupted has another answer
 * @param answer tokens of the clean prompt's answer, at least one
 * @param other tokens of the answer it is measured against, which is the corrupted prompt's as a
 *     rule; empty if none
 * @param about names of what the prompts are about: pairs that share one are no independent
 *     evidence, and intervals draw them together; empty if none given
 */
public record PromptPair(
        TokenizedPrompt clean,
        TokenizedPrompt corrupted,
        ImmutableIntArray answer,
        ImmutableIntArray other,
        ImmutableList<String> about) {

    /**
     * Checks that the prompts fit each other.
     *
     * @param clean its answer is measured
     * @param corrupted has another answer
     * @param answer tokens of the clean prompt's answer
     * @param other tokens of the answer it is measured against; empty if none
     * @param about names of what the prompts are about; empty if none given
     * @throws IllegalArgumentException if the prompts differ in length, or there is no answer
     */
    public PromptPair {
        checkArgument(
                clean.length() == corrupted.length(),
                "the clean prompt has %s tokens and the corrupted one %s, and position i of one is patched with position i of the other:\n  %s\n  %s\nreword one until the lengths are equal",
                clean.length(),
                corrupted.length(),
                clean,
                corrupted);
        checkArgument(!answer.isEmpty(), "the answer has no token");
    }

    /**
     * Pairs prompts without saying what they are about.
     *
     * @param clean its answer is measured
     * @param corrupted has another answer
     * @param answer tokens of the clean prompt's answer
     * @param other tokens of the answer it is measured against; empty if none
     * @throws IllegalArgumentException if the prompts differ in length, or there is no answer
     */
    public PromptPair(
            TokenizedPrompt clean,
            TokenizedPrompt corrupted,
            ImmutableIntArray answer,
            ImmutableIntArray other) {
        this(clean, corrupted, answer, other, ImmutableList.of());
    }

    /**
     * Tokenizes a pair of prompts and their answers.
     *
     * @param model whose tokenizer is used
     * @param clean its answer is measured
     * @param corrupted has another answer
     * @param answer the clean prompt's answer; a space goes before it unless it has one
     * @param other the answer it is measured against
     * @return the pair
     * @throws IllegalArgumentException if the prompts differ in length, or an answer is blank
     */
    public static PromptPair of(
            HookedModel model, String clean, String corrupted, String answer, String other) {
        return new PromptPair(
                model.tokenize(clean),
                model.tokenize(corrupted),
                AnswerCells.tokens(model, answer),
                AnswerCells.tokens(model, other));
    }

    /**
     * Tokenizes a pair of prompts of which one has an answer, for metrics that compare it with
     * nothing.
     *
     * @param model whose tokenizer is used
     * @param clean its answer is measured
     * @param corrupted has another answer
     * @param answer the clean prompt's answer; a space goes before it unless it has one
     * @return the pair
     * @throws IllegalArgumentException if the prompts differ in length, or the answer is blank
     */
    public static PromptPair of(HookedModel model, String clean, String corrupted, String answer) {
        return new PromptPair(
                model.tokenize(clean),
                model.tokenize(corrupted),
                AnswerCells.tokens(model, answer),
                ImmutableIntArray.of());
    }

    /**
     * The same prompts, of whose answers only the first tokens count, as a logit difference needs
     * them.
     *
     * @return the pair
     */
    public PromptPair withFirstTokens() {
        return new PromptPair(
                clean,
                corrupted,
                answer.subArray(0, 1),
                other.subArray(0, other.isEmpty() ? 0 : 1),
                about);
    }

    /**
     * The same pair, with names of what it is about.
     *
     * @param subjects pairs that share one are drawn together in intervals
     * @return the pair
     */
    public PromptPair about(String... subjects) {
        return new PromptPair(clean, corrupted, answer, other, ImmutableList.copyOf(subjects));
    }

    /** {@return tokens of each prompt} */
    public int length() {
        return clean.length();
    }

    /**
     * {@return the first position at which the prompts differ; their length if they are the same}
     */
    public int firstDifference() {
        int at = 0;
        while (at < length() && clean.ids().get(at) == corrupted.ids().get(at)) {
            at++;
        }
        return at;
    }

    /** {@return both prompts in a line} */
    @Override
    public String toString() {
        return "%s <- %s".formatted(corrupted, clean);
    }
}
