package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.TokenRelevance;

/**
 * What a model said after the target prompt.
 *
 * @param text the greedy continuation as it is, cut before a stop string; empty for a model without
 *     a tokenizer
 * @param ids its tokens, those of a stop string included
 * @param probabilities probability of each of these tokens
 * @param first its first token, with the probability it had here and after the unpatched prompt:
 *     their difference says how much the patch had to do with it (SelfIE's relevancy score). Where
 *     the model ended the text at once, the end-of-text token, which is not among {@code ids}
 */
public record EntityText(
        String text,
        ImmutableList<Integer> ids,
        ImmutableList<Double> probabilities,
        TokenRelevance first) {

    /** {@return the text without the colon that the prompt's form puts before a description} */
    public String description() {
        String stripped = text.strip();
        return stripped.startsWith(":") ? stripped.substring(1).strip() : stripped;
    }

    /** {@return the description, or the token ids where there is no text} */
    @Override
    public String toString() {
        return text.isEmpty() ? ids.toString() : description();
    }
}
