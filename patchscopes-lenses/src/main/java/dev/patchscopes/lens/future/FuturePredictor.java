package dev.patchscopes.lens.future;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.HookedModel;
import java.util.List;

/**
 * Predicts tokens that come after a position: the lenses of {@link FutureLens}, and the baselines
 * they are measured against.
 *
 * <p>N = 0 is the ordinary next token, at t + 1; N = 3 the token at t + 4.
 */
public interface FuturePredictor {

    /** {@return the model whose tokens it predicts} */
    HookedModel model();

    /** {@return what tables and results call it} */
    String name();

    /** {@return the largest N it predicts} */
    int ahead();

    /** {@return layers whose states it reads, ascending; none if it reads no states} */
    ImmutableIntArray layers();

    /**
     * Predicts the token at t + 1 + N for each N, given the tokens up to t + N: those in between
     * are what {@link FutureStates#tokens} says (teacher forcing). A predictor that reads only the
     * state pays no heed to them.
     *
     * @param states states of one layer each, with the tokens up to t + {@link #ahead()}
     * @param top how many of the most probable tokens
     * @return predictions, in the order of the states
     * @throws IllegalArgumentException if it does not read one of the layers, or tokens are missing
     */
    ImmutableList<FuturePredictions> predict(List<FutureStates> states, int top);
}
