package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;

/**
 * An answer.
 *
 * @param text the greedy continuation of a question, which ends with the answer if that is right;
 *     empty for a model without a tokenizer
 * @param ids its tokens
 * @param probabilities probability of each of these tokens
 */
public record BackPatchedAnswer(
        String text, ImmutableList<Integer> ids, ImmutableList<Double> probabilities) {}
