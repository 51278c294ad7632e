package dev.patchscopes.trace.internal;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.CellResult;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Reading;
import dev.patchscopes.text.TokenizedPrompt;
import dev.patchscopes.text.Tokenizer;
import dev.patchscopes.trace.AnswerMetric;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * An answer measured through cells of a sweep, which are read at a prompt's last token.
 *
 * <p>An answer of one token is read after the prompt. One of several is read after the prompt,
 * after the prompt and the first answer token, and so on, each of which is a base run and a cell of
 * its own: what a cell changes in the prompt it changes in each of them, at the same positions. By
 * the chain rule the product is the answer's probability.
 *
 * @param metric what is measured
 * @param answer token ids, at least one
 * @param other the other token of a logit difference
 */
public record AnswerCells(AnswerMetric metric, ImmutableIntArray answer, OptionalInt other) {
    private static final String WORD = "is";

    /**
     * Checks that the metric can be computed.
     *
     * @param metric what is measured
     * @param answer token ids
     * @param other the other token of a logit difference
     * @throws IllegalArgumentException if there is no answer token; or if a logit difference has no
     *     other token, more than one answer token, or twice the same one
     */
    public AnswerCells {
        checkArgument(!answer.isEmpty(), "the answer has no token");
        if (metric == AnswerMetric.LOGIT_DIFFERENCE) {
            checkArgument(
                    other.isPresent(),
                    "a logit difference needs another token to compare the answer with");
            checkArgument(
                    answer.length() == 1,
                    "a logit difference compares two tokens, and the answer has %s: use its first one, or the metric LOG_PROBABILITY",
                    answer.length());
            checkArgument(
                    answer.get(0) != other.getAsInt(),
                    "a logit difference compares two tokens, and answer and other are both token %s, which is 0 whatever the model does: give another, or an answer that begins otherwise",
                    answer.get(0));
        }
    }

    /**
     * The tokens of an answer after a prompt: those that follow a word in one text with it. By
     * itself a text may begin with a token of its own, as SentencePiece puts a space before it.
     *
     * @param model the model
     * @param text the answer; a space goes before it unless it has one
     * @return token ids
     */
    public static ImmutableIntArray tokens(HookedModel model, String text) {
        return tokens(model.tokenizer(), text);
    }

    static ImmutableIntArray tokens(Tokenizer tokenizer, String text) {
        checkArgument(!text.isBlank(), "the answer is blank");
        String spaced = Character.isWhitespace(text.charAt(0)) ? text : " " + text;
        ImmutableIntArray before = tokenizer.tokenize(WORD, false).ids();
        ImmutableIntArray all = tokenizer.tokenize(WORD + spaced, false).ids();
        return all.length() > before.length() && all.subArray(0, before.length()).equals(before)
                ? all.subArray(before.length(), all.length()).trimmed()
                : tokenizer.tokenize(spaced, false).ids();
    }

    /**
     * The prompts that cells are read after.
     *
     * @param prompt what the answer follows
     * @return one for each answer token: the prompt with the answer tokens before it
     */
    public ImmutableList<TokenizedPrompt> prompts(TokenizedPrompt prompt) {
        return prompts(prompt, answer);
    }

    /**
     * The prompts that an answer's tokens are read after.
     *
     * @param prompt what the answer follows
     * @param answer token ids
     * @return one for each answer token: the prompt with the answer tokens before it
     */
    public static ImmutableList<TokenizedPrompt> prompts(
            TokenizedPrompt prompt, ImmutableIntArray answer) {
        return IntStream.range(0, answer.length())
                .mapToObj(taken -> extended(prompt, answer, taken))
                .collect(ImmutableList.toImmutableList());
    }

    private static TokenizedPrompt extended(
            TokenizedPrompt prompt, ImmutableIntArray answer, int taken) {
        if (taken == 0) {
            return prompt;
        }
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
        ids.addAll(prompt.ids());
        ids.addAll(answer.subArray(0, taken));
        return TokenizedPrompt.ofIds(ids.build());
    }

    /** {@return what a sweep has to read of each cell} */
    public Reading reading() {
        return metric == AnswerMetric.LOGIT_DIFFERENCE
                ? Reading.logitsOf(answer.get(0), other.orElseThrow())
                : Reading.probabilitiesOf(answer.toArray());
    }

    /**
     * Puts the cells of one change together.
     *
     * @param results one for each of {@link #prompts}, in their order
     * @return the metric
     */
    public double value(List<CellResult> results) {
        checkArgument(
                results.size() == answer.length(),
                "%s cells for an answer of %s tokens",
                results.size(),
                answer.length());
        return switch (metric) {
            case LOGIT_DIFFERENCE -> {
                CellResult only = results.get(0);
                yield only.logits().get(0) - only.logits().get(1);
            }
            case PROBABILITY ->
                    IntStream.range(0, results.size())
                            .mapToDouble(i -> results.get(i).probabilities().get(i))
                            .reduce(1, (a, b) -> a * b);
            case LOG_PROBABILITY ->
                    IntStream.range(0, results.size())
                            .mapToDouble(i -> Math.log(results.get(i).probabilities().get(i)))
                            .sum();
        };
    }
}
