package dev.patchscopes.examples.demo.training;

import dev.patchscopes.model.TrainingBatch;

/**
 * What a model learns from. A batch is a function of its number alone, so that training can stop
 * and go on as if it had not.
 */
public interface BatchSource {

    /**
     * Makes a batch to learn from.
     *
     * @param step step, from 0 on
     * @return the same batch for the same step
     */
    TrainingBatch training(long step);

    /**
     * Makes a batch that is never learnt from.
     *
     * @param index 0..{@link #heldOutBatches} - 1
     * @return the same batch for the same index
     */
    TrainingBatch heldOut(int index);

    /** {@return number of held-out batches} */
    int heldOutBatches();
}
