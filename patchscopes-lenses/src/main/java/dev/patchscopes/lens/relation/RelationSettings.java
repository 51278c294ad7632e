package dev.patchscopes.lens.relation;

import com.google.common.collect.ImmutableList;

/**
 * The choices of an evaluation.
 *
 * @param template the template with examples as context
 * @param zeroShotTemplate the template without
 * @param prefix text before every prompt
 * @param examples number of examples n
 * @param layers layers that predictions may be made at
 * @param betas factors to choose from
 * @param editLayers layers that edits may be made at
 * @param ranks ranks to choose from; those above the rank of W are passed over
 * @param ridges penalties of {@link FaithfulnessMethod#LEARNED_AFFINE} to choose from, as shares of
 *     the mean squared length of the centred h
 * @param validationShare share of the samples left after the examples that choices are made on
 * @param mostSamples samples of each half at most
 * @param trials number of trials
 * @param seed seed of the first trial; the others count on from it
 */
public record RelationSettings(
        String template,
        String zeroShotTemplate,
        String prefix,
        int examples,
        ImmutableList<Integer> layers,
        ImmutableList<Double> betas,
        ImmutableList<Integer> editLayers,
        ImmutableList<Integer> ranks,
        ImmutableList<Double> ridges,
        double validationShare,
        int mostSamples,
        int trials,
        long seed) {}
