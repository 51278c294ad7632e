package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;

/**
 * What a model generated for a batch of prompts, and what was read meanwhile.
 *
 * @param all one a prompt
 * @param activations what was captured, over prompt and generated tokens that were read back (the
 *     last one never is); a prompt that finished early has positions beyond its text
 */
public record Generations(ImmutableList<Generation> all, Activations activations) {

    /** {@return what was generated for the first prompt} */
    public Generation first() {
        return all.get(0);
    }

    /** {@return the text generated for the first prompt} */
    public String text() {
        return first().text();
    }
}
