package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * What a model generated for one prompt.
 *
 * @param prompt the prompt
 * @param text the generated text, cut before a stop string; empty without a tokenizer
 * @param ids generated token ids, an end-of-text token excluded
 * @param tokens the same tokens with the probability the model gave each of them
 * @param reason why generation ended
 */
public record Generation(
        TokenizedPrompt prompt,
        String text,
        ImmutableIntArray ids,
        ImmutableList<TokenProbability> tokens,
        StopReason reason) {

    /** Why a generation ended. */
    public enum StopReason {
        /** As many tokens as were asked for. */
        LENGTH,
        /** The model ended the text. */
        END_OF_TEXT,
        /** A stop string appeared. */
        STOP_STRING,
        /** What the caller waited for had come. */
        CONDITION
    }

    /** {@return the generated text} */
    @Override
    public String toString() {
        return text.isEmpty() ? ids.toString() : text;
    }
}
