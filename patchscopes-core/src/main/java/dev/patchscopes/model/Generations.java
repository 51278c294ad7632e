package dev.patchscopes.model;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Quoting;
import java.util.stream.Collectors;

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

    /** {@return prompt and generated text, a line a prompt} */
    @Override
    public String toString() {
        return all.stream()
                .map(g -> "%s -> %s".formatted(g.prompt(), Quoting.quote(g.toString())))
                .collect(Collectors.joining(System.lineSeparator()));
    }
}
