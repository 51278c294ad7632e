package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * What the cells of a sweep start from: a prompt, and changes that all its cells share, such as the
 * noise of a corrupted copy.
 *
 * @param prompt tokens
 * @param interventions shared changes; applied before a cell's own
 */
public record BaseRun(TokenizedPrompt prompt, ImmutableList<Intervention> interventions) {

    /**
     * A prompt as it is.
     *
     * @param prompt tokens
     * @return the base run
     */
    public static BaseRun of(TokenizedPrompt prompt) {
        return new BaseRun(prompt, ImmutableList.of());
    }
}
