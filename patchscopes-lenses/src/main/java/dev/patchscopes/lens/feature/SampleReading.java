package dev.patchscopes.lens.feature;

import com.google.common.collect.ImmutableList;

/**
 * What a model said of one sample.
 *
 * @param sample the sample
 * @param direct its answer to the direct question, with the real subject in place of the
 *     placeholder
 * @param patched its answer in each cell, source layers outermost; none if the direct answer is
 *     wrong under both scorings and only right ones count
 * @param random the same with random vectors of the same lengths
 */
public record SampleReading(
        FeatureSample sample,
        String direct,
        ImmutableList<String> patched,
        ImmutableList<String> random) {}
