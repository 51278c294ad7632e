package dev.patchscopes.trace.patching;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.text.Token;
import dev.patchscopes.text.TokenizedPrompt;

/**
 * A pair of prompts as a result keeps it, with what the model makes of each, unpatched.
 *
 * @param clean tokens of the clean prompt, readable
 * @param corrupted tokens of the corrupted prompt, readable
 * @param cleanIds their ids
 * @param corruptedIds their ids
 * @param answer token ids of the answer
 * @param other token ids of the answer it is measured against; empty if none
 * @param about names of its subjects: pairs that share one are drawn together; empty if none given
 * @param cleanMetric the metric after the clean prompt
 * @param corruptedMetric the metric after the corrupted prompt
 */
public record PairReading(
        ImmutableList<String> clean,
        ImmutableList<String> corrupted,
        ImmutableList<Integer> cleanIds,
        ImmutableList<Integer> corruptedIds,
        ImmutableList<Integer> answer,
        ImmutableList<Integer> other,
        ImmutableList<String> about,
        double cleanMetric,
        double corruptedMetric) {

    static PairReading of(PromptPair pair, double cleanMetric, double corruptedMetric) {
        return new PairReading(
                pieces(pair.clean()),
                pieces(pair.corrupted()),
                ImmutableList.copyOf(pair.clean().ids().asList()),
                ImmutableList.copyOf(pair.corrupted().ids().asList()),
                ImmutableList.copyOf(pair.answer().asList()),
                ImmutableList.copyOf(pair.other().asList()),
                pair.about(),
                cleanMetric,
                corruptedMetric);
    }

    private static ImmutableList<String> pieces(TokenizedPrompt prompt) {
        return prompt.tokens().stream().map(Token::piece).collect(ImmutableList.toImmutableList());
    }

    /** {@return the metric of the run that is patched} */
    double unpatched(PatchDirection direction) {
        return direction == PatchDirection.DENOISING ? corruptedMetric : cleanMetric;
    }
}
