package dev.patchscopes;

import static com.google.common.base.Preconditions.checkElementIndex;

import dev.patchscopes.text.TokenizedPrompt;

/**
 * One vector of a residual stream: the paper's (S, i, M, l) for a source, (T, i*, M*, l*) for a
 * target.
 *
 * @param model the model M
 * @param prompt the prompt S
 * @param position absolute index i of the token
 * @param layer layer l in 0..L, see {@link Layers}
 */
public record Place(ModelIdentity model, TokenizedPrompt prompt, int position, int layer) {

    /**
     * Checks that the prompt has the position.
     *
     * @param model the model M
     * @param prompt the prompt S
     * @param position absolute index i of the token
     * @param layer layer l in 0..L
     * @throws IndexOutOfBoundsException if it has not
     */
    public Place {
        checkElementIndex(position, prompt.length(), "position");
    }

    /** {@return for example {@code layer 10 of token 6 " Wales" in gpt2}} */
    @Override
    public String toString() {
        return "layer %d of token %s in %s".formatted(layer, prompt.token(position), model.name());
    }
}
