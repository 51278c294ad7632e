package dev.patchscopes.examples.demo.training;

import dev.patchscopes.model.TrainingBatch;
import java.util.Random;

/**
 * Rows that repeat a short random pattern: something to learn where there is no corpus.
 *
 * @param vocabulary number of tokens
 * @param rows rows of a batch
 * @param length tokens of a row
 * @param seed of all batches
 */
record PatternSource(int vocabulary, int rows, int length, long seed) implements BatchSource {
    private static final int PERIOD = 4;

    @Override
    public TrainingBatch training(long step) {
        return batch(new Random(seed * 1_000_003 + step));
    }

    @Override
    public TrainingBatch heldOut(int index) {
        return batch(new Random(-1 - seed * 1_000_003 - index));
    }

    @Override
    public int heldOutBatches() {
        return 2;
    }

    private TrainingBatch batch(Random random) {
        int[][] tokens = new int[rows][length];
        for (int[] row : tokens) {
            int[] pattern = random.ints(PERIOD, 0, vocabulary).toArray();
            for (int i = 0; i < length; i++) {
                row[i] = pattern[i % PERIOD];
            }
        }
        return TrainingBatch.of(tokens);
    }
}
