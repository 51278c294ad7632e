package dev.patchscopes.trace.entity;

import com.google.common.collect.ImmutableList;

/**
 * An answer.
 *
 * @param text the greedy continuation of a question, which ends with the answer if that is right;
 *     empty for a model without a tokenizer
 * @param ids its tokens
 * @param probability probability of the first token
 */
public record BackPatchedAnswer(String text, ImmutableList<Integer> ids, double probability) {}
