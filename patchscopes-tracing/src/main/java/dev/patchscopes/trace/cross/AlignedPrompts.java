package dev.patchscopes.trace.cross;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.CharSpan;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.stream.IntStream;

/**
 * A text as two models read it, and the positions at which both have read the same of it.
 *
 * <p>Tokenisers that differ are aligned by characters: where a token of one ends at the character
 * at which a token of the other does, both models have read the same prefix, whatever tokens it is
 * cut into. As no state depends on tokens after it, nothing more is needed; Ghandeharioun et al.,
 * "Patchscopes" (2024), section 4.4, compare decoded prefixes to the same end. A token without
 * characters of its own, such as one that begins every text, is aligned only where both models read
 * the same tokens, and then every position is.
 *
 * <pre>{@code
 * AlignedPrompts text = AlignedPrompts.of(small, large, "The capital of France is Paris.");
 * AlignedPrompts name = AlignedPrompts.inPlace(
 *     small, large, "Marie Curie", TargetPrompt.entityDescription());
 * AlignedPrompts ids = AlignedPrompts.at(
 *     TokenizedPrompt.ofIds(5, 6, 7), TokenizedPrompt.ofIds(9, 8, 3, 4),
 *     ImmutableIntArray.of(1, 2), ImmutableIntArray.of(1, 3));
 * }</pre>
 *
 * @param source what the source model reads
 * @param target what the target model reads
 * @param sourcePositions positions of the source prompt, ascending
 * @param targetPositions as many positions of the target prompt, ascending
 */
public record AlignedPrompts(
        TokenizedPrompt source,
        TokenizedPrompt target,
        ImmutableIntArray sourcePositions,
        ImmutableIntArray targetPositions) {

    /**
     * Checks that positions make pairs.
     *
     * @param source what the source model reads
     * @param target what the target model reads
     * @param sourcePositions positions of the source prompt, ascending
     * @param targetPositions as many positions of the target prompt, ascending
     * @throws IllegalArgumentException if they differ in number, do not ascend, or lie outside
     */
    public AlignedPrompts {
        checkArgument(
                sourcePositions.length() == targetPositions.length(),
                "%s source positions and %s target positions do not make pairs",
                sourcePositions.length(),
                targetPositions.length());
        checkPositions("source", sourcePositions, source);
        checkPositions("target", targetPositions, target);
    }

    private static void checkPositions(
            String whose, ImmutableIntArray positions, TokenizedPrompt prompt) {
        for (int i = 0; i < positions.length(); i++) {
            int at = positions.get(i);
            checkArgument(
                    at >= 0 && at < prompt.length(),
                    "%s position %s is not in 0..%s, the tokens of %s",
                    whose,
                    at,
                    prompt.length() - 1,
                    prompt);
            checkArgument(
                    i == 0 || positions.get(i - 1) < at,
                    "%s positions %s do not ascend",
                    whose,
                    positions);
        }
    }

    /**
     * Reads a text in two models, each as far as its context goes.
     *
     * @param source the source model
     * @param target the target model
     * @param text the text
     * @return its prompts, with every position at which both have read the same
     * @throws dev.patchscopes.model.ModelException if a model has no tokenizer
     * @throws dev.patchscopes.text.EmptyPromptException if the text gives no tokens
     */
    public static AlignedPrompts of(HookedModel source, HookedModel target, String text) {
        return of(source.tokenize(text), target.tokenize(text))
                .within(source.contextLength(), target.contextLength());
    }

    /**
     * Aligns two readings of a text.
     *
     * @param source tokens of the source model
     * @param target tokens of the target model
     * @return the prompts with every position at which both have read the same
     * @throws IllegalArgumentException if they are not of one text, or have none and other tokens
     */
    public static AlignedPrompts of(TokenizedPrompt source, TokenizedPrompt target) {
        if (source.equals(target)) {
            ImmutableIntArray all =
                    ImmutableIntArray.copyOf(IntStream.range(0, source.length()).toArray());
            return new AlignedPrompts(source, target, all, all);
        }
        checkArgument(
                !source.text().isEmpty() && !target.text().isEmpty(),
                "prompts of token ids have no text to align by: name positions with AlignedPrompts.at(...)");
        checkArgument(
                source.text().equals(target.text()),
                "the prompts are of two texts, \"%s\" and \"%s\": tokenise one text for both models",
                source.text(),
                target.text());
        return CharacterAlignment.of(source, target);
    }

    /**
     * A name by itself for the source model, and in place of the placeholder of a target prompt for
     * the target model, aligned at the name's last token alone. Maps fitted to such pairs take what
     * is read at a bare name to what a patch over the placeholder stands in for, though the two
     * models have read different texts before it; fit them with {@code skipFirst(0)}, as a name of
     * one token stands for itself.
     *
     * @param source the source model
     * @param target the target model
     * @param name the name
     * @param prompt a target prompt with a placeholder
     * @return the prompts, cut behind the name; its last token is the one that holds its last
     *     character
     * @throws IllegalArgumentException if the name is blank, or the prompt has no placeholder
     * @throws dev.patchscopes.model.ModelException if a model has no tokenizer
     */
    public static AlignedPrompts inPlace(
            HookedModel source, HookedModel target, String name, TargetPrompt prompt) {
        checkArgument(!name.isBlank(), "the name \"%s\" is blank", name);
        checkArgument(
                prompt.placeholder().isPresent(),
                "the target prompt %s has no placeholder that %s could stand in place of: use TargetPrompt.of(text, \"x\")",
                prompt,
                name);
        CharSpan x = prompt.placeholder().get();
        TokenizedPrompt alone = source.tokenize(name);
        TokenizedPrompt placed =
                target.tokenize(
                        new StringBuilder(prompt.text())
                                .replace(x.start(), x.end(), name)
                                .toString());
        return at(
                        alone,
                        placed,
                        ImmutableIntArray.of(endOf(name, 0, alone)),
                        ImmutableIntArray.of(endOf(name, x.start(), placed)))
                .last();
    }

    /** The last token of a name that begins at a character. */
    private static int endOf(String name, int start, TokenizedPrompt prompt) {
        ImmutableIntArray tokens =
                Positions.span(start, start + name.length()).resolve(prompt); // at least one
        return tokens.get(tokens.length() - 1);
    }

    /**
     * Prompts that were aligned elsewhere, such as token ids of models without tokenizers.
     *
     * @param source tokens of the source model
     * @param target tokens of the target model
     * @param sourcePositions positions of the source prompt, ascending
     * @param targetPositions the positions of the target prompt that go with them, ascending
     * @return the prompts
     * @throws IllegalArgumentException if the positions differ in number, do not ascend, or lie
     *     outside
     */
    public static AlignedPrompts at(
            TokenizedPrompt source,
            TokenizedPrompt target,
            ImmutableIntArray sourcePositions,
            ImmutableIntArray targetPositions) {
        return new AlignedPrompts(source, target, sourcePositions, targetPositions);
    }

    /** {@return how many positions are aligned; 0 if no token ends where one of the other does} */
    public int size() {
        return sourcePositions.length();
    }

    /**
     * Drops the first tokens, whose states are unlike all others.
     *
     * @param tokens positions below this one, in either prompt, are dropped
     * @return the prompts with the other positions
     */
    public AlignedPrompts skipping(int tokens) {
        return select(
                IntStream.range(0, size())
                        .filter(
                                i ->
                                        sourcePositions.get(i) >= tokens
                                                && targetPositions.get(i) >= tokens)
                        .toArray());
    }

    /**
     * Keeps the last aligned position alone: for texts that are a name, the state that stands for
     * it.
     *
     * @return the prompts, cut behind that position
     * @throws IllegalStateException if no position is aligned
     */
    public AlignedPrompts last() {
        checkState(size() > 0, "%s and %s are aligned nowhere", source, target);
        return select(size() - 1);
    }

    /**
     * Keeps some of the aligned positions, and of the prompts what they depend on.
     *
     * @param which indices into the aligned positions, ascending
     * @return the prompts, cut behind the last position kept; whole if none is kept
     */
    AlignedPrompts select(int... which) {
        ImmutableIntArray from = picked(sourcePositions, which);
        ImmutableIntArray to = picked(targetPositions, which);
        return new AlignedPrompts(cut(source, from), cut(target, to), from, to);
    }

    private AlignedPrompts within(int sourceTokens, int targetTokens) {
        if (source.length() <= sourceTokens && target.length() <= targetTokens) {
            return this;
        }
        return select(
                IntStream.range(0, size())
                        .filter(
                                i ->
                                        sourcePositions.get(i) < sourceTokens
                                                && targetPositions.get(i) < targetTokens)
                        .toArray());
    }

    private static ImmutableIntArray picked(ImmutableIntArray values, int[] which) {
        return ImmutableIntArray.copyOf(IntStream.of(which).map(values::get).toArray());
    }

    private static TokenizedPrompt cut(TokenizedPrompt prompt, ImmutableIntArray positions) {
        if (positions.isEmpty()) {
            return prompt;
        }
        int length = positions.get(positions.length() - 1) + 1;
        return length == prompt.length()
                ? prompt
                : TokenizedPrompt.of(
                        prompt.text(), ImmutableList.copyOf(prompt.tokens().subList(0, length)));
    }

    /** {@return the source prompt, and how many positions are aligned} */
    @Override
    public String toString() {
        return "%s, aligned at %d positions".formatted(source, size());
    }
}
