package dev.patchscopes.lens;

import ai.djl.ndarray.NDArray;
import dev.patchscopes.Patchscope;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/**
 * A way of reading hidden states: it turns the residual stream of any layer into states of the last
 * layer, which the model's own final norm and unembedding then read.
 *
 * <p>One pass over a prompt gives all layers and positions ({@link #read}); {@link #asPatchscope}
 * states a single cell of it as a Patchscope (Ghandeharioun et al., 2024, table 4). Both agree
 * unless an implementation says where and why they do not.
 *
 * <p>Lenses are values over an open model; they are not closed unless their type says so.
 *
 * <pre>{@code
 * LensReading reading = LogitLens.of(model).read("The capital of France is");
 * System.out.println(reading);                          // most probable token by layer and position
 * double kl = reading.at(6, 4).divergence();            // layer 6, position 4, in nats
 * Patchscope same = LogitLens.of(model).asPatchscope(reading.prompt(), 6, 4);
 * }</pre>
 */
public interface Lens {

    /** {@return the model it reads} */
    HookedModel model();

    /** {@return what tables and results call it, such as {@code logit lens}} */
    String name();

    /**
     * Turns states into states of the last layer.
     *
     * @param states states of a prompt at some points and positions; not changed
     * @return for each point a tensor {@code [pos, d_model]}, in the order of the points, in the
     *     manager of the states
     */
    List<NDArray> lastStates(LensStates states);

    /**
     * States a cell of a reading as the Patchscope that computes it.
     *
     * @param prompt the prompt
     * @param layer 0..L
     * @param position absolute index of a token
     * @return the Patchscope, whose next token is the cell's
     * @throws dev.patchscopes.model.OutOfRangeException if there is no such layer or position
     */
    Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position);

    /**
     * Tells whether states of one position can only be read beside those of all positions of the
     * prompt.
     *
     * @return false unless an implementation says otherwise
     */
    default boolean readsWholePrompts() {
        return false;
    }

    /** {@return a reader to make choices for: layers, positions, tokens} */
    default LensReader reader() {
        return LensReader.of(this);
    }

    /**
     * Reads a prompt at all layers and positions.
     *
     * @param prompt text
     * @return what each layer says at each position
     */
    default LensReading read(String prompt) {
        return reader().read(prompt);
    }

    /**
     * Reads a prompt at all layers and positions.
     *
     * @param prompt tokens
     * @return what each layer says at each position
     */
    default LensReading read(TokenizedPrompt prompt) {
        return reader().read(prompt);
    }
}
