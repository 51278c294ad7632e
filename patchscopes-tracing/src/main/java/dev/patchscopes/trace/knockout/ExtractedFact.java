package dev.patchscopes.trace.knockout;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.FactPrompt;

/**
 * The blocks that extract one fact's answer.
 *
 * @param fact what was asked
 * @param predicted id of the token the model predicts, the first of the answer
 * @param predictedText the same, readable
 * @param attention blocks whose attention output at the last token reads as that token, ascending
 * @param mlp blocks whose MLP output does, ascending
 */
public record ExtractedFact(
        FactPrompt fact,
        int predicted,
        String predictedText,
        ImmutableList<Integer> attention,
        ImmutableList<Integer> mlp) {}
