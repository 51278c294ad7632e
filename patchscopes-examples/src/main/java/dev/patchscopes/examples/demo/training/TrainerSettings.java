package dev.patchscopes.examples.demo.training;

/**
 * How to train.
 *
 * @param schedule learning rate and number of steps
 * @param decay weight decay of matrices
 * @param clip longest gradient
 * @param reportEvery steps between two lines of progress
 * @param saveEvery steps between two checkpoints, each with a loss on held-out batches
 * @param seed of weights and data; a checkpoint of another seed is refused
 * @param recipe what else the training depends on, such as the shape of model and batches; a
 *     checkpoint of another is refused
 */
public record TrainerSettings(
        Schedule schedule,
        double decay,
        double clip,
        long reportEvery,
        long saveEvery,
        long seed,
        String recipe) {}
