package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;
import dev.patchscopes.facts.Question;

/**
 * A question with the model's answers.
 *
 * @param question the question
 * @param subject what it is about: halves and intervals take several questions about one for one
 *     draw
 * @param tokens tokens of the prompt, which is S and T, as readable pieces
 * @param position index i = i* of the token that was read and patched
 * @param plain the answer without a patch
 * @param patched the answer of each pair of layers
 * @param random the same with random vectors of the same lengths
 */
public record BackPatchedQuestion(
        Question question,
        String subject,
        ImmutableList<String> tokens,
        int position,
        BackPatchedAnswer plain,
        ImmutableList<BackPatchedAnswer> patched,
        ImmutableList<BackPatchedAnswer> random) {}
