package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.Layers;
import dev.patchscopes.Patchscope;
import dev.patchscopes.TargetPrompt;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;

/**
 * The future lens (Pal et al., "Future Lens: Anticipating Subsequent Tokens from a Single Hidden
 * State", 2023): what the state at position t and layer l says of the tokens at t + 1 + N, N = 0
 * for the ordinary next token.
 *
 * <p>Four kinds: {@link #linear affine maps} to later states of the last layer, {@link
 * #linearToVocabulary others} to later logits, a {@link #fixedPrompt fixed prompt} whose last state
 * is overwritten at the same layer and which the model then goes on from, and a {@link #softPrompt
 * prompt learned} for that.
 *
 * <pre>{@code
 * FutureLens lens = FutureLens.fixedPrompt(model, FuturePrompts.first());
 * FutureReading reading = lens.read("Marty McFly from");
 * System.out.println(reading);                               // layers by tokens, four tokens a cell
 * Patchscope same = lens.asPatchscope(reading.prompt(), 5, 2);
 * }</pre>
 *
 * <p>The paper finds the learned prompt ahead of the rest. Of the small model that comes with the
 * library that holds of later tokens only: at layer 5 of 10 the learned prompt names the model's
 * own token at N = 0, 1, 2 and 3 in 95, 43, 57 and 62 of 100 cases, the fixed prompt in 97, 30, 38
 * and 53, affine maps to states in 69, 32, 21 and 14, those of rank 64 to logits in 69, 34, 26 and
 * 19, and the fixed prompt with nothing patched in 0, 22, 37 and 50 (200 positions of texts like
 * those it was trained on). Prompts are told the tokens in between; counts of pairs of tokens,
 * which are told them too, name 41 to 43 of 100, more than affine maps that are not.
 *
 * <p>Lenses are values over an open model, which they do not own; any number of threads may use
 * one.
 */
public interface FutureLens extends FuturePredictor {

    /** The N that lenses read up to unless told otherwise: four tokens a cell. */
    int AHEAD = 3;

    /**
     * Overwrites the last state of a fixed prompt, at the layer the state was read at, and lets the
     * model go on (section 3.3 of the paper).
     *
     * @param model the model
     * @param prompt the prompt, such as {@link FuturePrompts#first()}; its placeholder, its last
     *     token without one, must be its last token
     * @return the lens
     * @throws IllegalArgumentException if something follows the placeholder
     */
    static FutureLens fixedPrompt(HookedModel model, TargetPrompt prompt) {
        return PromptFutureLens.fixed(model, prompt);
    }

    /**
     * The control of {@link #fixedPrompt}: the same prompt with nothing patched in.
     *
     * @param model the model
     * @param prompt the prompt
     * @return the control; it reads no states
     */
    static FuturePredictor unpatched(HookedModel model, TargetPrompt prompt) {
        return PromptFutureLens.fixed(model, prompt).unpatched();
    }

    /**
     * Overwrites the last state of a learned prompt, at the layer the state was read at (section
     * 3.4 of the paper).
     *
     * @param model the model the prompt was trained on
     * @param prompt the prompt
     * @return the lens
     * @throws IllegalArgumentException if the prompt was trained on another model
     */
    static FutureLens softPrompt(HookedModel model, SoftPrompt prompt) {
        return prompt.lens(model);
    }

    /**
     * Starts fitting affine maps to later states of the last layer (section 3.2 of the paper).
     *
     * @param model the model
     * @return a training to make choices for
     */
    static LinearFutureTraining linear(HookedModel model) {
        return LinearFutureTraining.of(model);
    }

    /**
     * Starts fitting affine maps of low rank to the logits of later tokens, without the model's
     * final norm in between (the paper's linear model to the vocabulary, section 3.2).
     *
     * @param model the model
     * @return a training to make choices for
     */
    static VocabularyFutureTraining linearToVocabulary(HookedModel model) {
        return VocabularyFutureTraining.of(model);
    }

    /** {@return the model it reads} */
    @Override
    HookedModel model();

    /**
     * Gives the lens another name, so that two of a kind can be told apart in one evaluation.
     *
     * <pre>{@code
     * FutureLensEvaluation.of(model)
     *     .predictors(ridge.named("ridge"), tuned.named("tuned"))
     *     .on(heldOut)
     *     .run();
     * }</pre>
     *
     * @param name what tables and results are to call it
     * @return the same lens under that name
     * @throws IllegalArgumentException if the name is blank
     */
    FutureLens named(String name);

    /**
     * Says what states hold, each token after those said before it.
     *
     * @param states states of one layer each; tokens that follow are not looked at
     * @return a cell a row, in the order of the states
     * @throws IllegalArgumentException if it does not read one of the layers
     */
    ImmutableList<ImmutableList<FutureCell>> cells(List<FutureStates> states);

    /**
     * States the token N ahead of a cell as the Patchscope that computes it: the last token of what
     * that one generates. A prompt's Patchscope generates N + 1 tokens, all of the cell's; that of
     * an affine map generates one.
     *
     * @param prompt the prompt
     * @param layer 0..L
     * @param position absolute index of a token
     * @param ahead N
     * @return the Patchscope
     * @throws dev.patchscopes.model.OutOfRangeException if there is no such layer or position, or
     *     it is not read so far ahead
     * @throws dev.patchscopes.PatchscopeException if the lens patches a learned prompt, which is
     *     vectors and no text that a Patchscope could have as its target: {@link
     *     SoftPrompt#generation} states that run; or if it maps to logits, which no run of the
     *     model computes
     */
    Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position, int ahead);

    /**
     * States a cell as the Patchscope that computes its last token, with N = {@link #ahead()}.
     *
     * @param prompt the prompt
     * @param layer 0..L
     * @param position absolute index of a token
     * @return the Patchscope, as {@link #asPatchscope(TokenizedPrompt, int, int, int)} tells
     */
    default Patchscope asPatchscope(TokenizedPrompt prompt, int layer, int position) {
        return asPatchscope(prompt, layer, position, ahead());
    }

    /**
     * Reads a prompt at all layers it can and all positions.
     *
     * @param prompt text
     * @return what each layer says at each position
     */
    default FutureReading read(String prompt) {
        return read(model().tokenize(prompt));
    }

    /**
     * Reads a prompt at all layers it can and all positions.
     *
     * @param prompt tokens
     * @return what each layer says at each position
     */
    default FutureReading read(TokenizedPrompt prompt) {
        return FutureReading.of(this, prompt, layers(), Positions.all());
    }

    /**
     * Reads a prompt.
     *
     * @param prompt tokens
     * @param layers layers, of those that the lens reads
     * @param positions positions
     * @return what each layer says at each position
     * @throws IllegalArgumentException if the lens does not read one of the layers
     */
    default FutureReading read(TokenizedPrompt prompt, Layers layers, Positions positions) {
        return FutureReading.of(this, prompt, layers.resolve(model()), positions);
    }
}
