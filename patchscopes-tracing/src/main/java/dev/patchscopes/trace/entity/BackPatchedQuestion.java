package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Question;

/**
 * A question with the model's answers.
 *
 * @param question the question
 * @param position index of the token that was patched
 * @param plain the answer without a patch
 * @param patched the answer of each pair of layers
 * @param random the same with random vectors of the same lengths
 */
public record BackPatchedQuestion(
        Question question,
        int position,
        BackPatchedAnswer plain,
        ImmutableList<BackPatchedAnswer> patched,
        ImmutableList<BackPatchedAnswer> random) {}
