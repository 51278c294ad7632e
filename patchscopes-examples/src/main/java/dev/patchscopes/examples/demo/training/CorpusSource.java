package dev.patchscopes.examples.demo.training;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.tokenizer.BytePairTokenizer;
import dev.patchscopes.model.TrainingBatch;
import java.util.Random;

/**
 * Rows of whole documents, one after the other, each between a token that begins it and one that
 * ends it; the last document of a row is cut where the row ends.
 *
 * <p>That a document begins is not learnt, since what stands before it has nothing to do with it.
 *
 * @param corpus has the documents
 * @param tokenizer splits them
 * @param rows rows of a batch
 * @param length tokens of a row
 * @param layers number of the model's blocks; a share of the rows is learnt without attention in
 *     the upper ones, so that what a prediction needs is gathered in the lower ones
 */
public record CorpusSource(
        Corpus corpus, BytePairTokenizer tokenizer, int rows, int length, int layers)
        implements BatchSource {
    /** Number of the first document that is never learnt from. */
    public static final long HELD_OUT = 1L << 50;

    /** Share of the rows whose upper blocks do not attend. */
    private static final double EARLY_SHARE = 0.3;

    private static final int HELD_OUT_BATCHES = 8;

    @Override
    public TrainingBatch training(long step) {
        TrainingBatch batch = batch(0, step);
        Random random = new Random(step); // of the step alone: weights of this seed were made so
        int[] attending = batch.attending().clone();
        for (int row = 0; row < rows; row++) {
            if (random.nextDouble() < EARLY_SHARE) {
                attending[row] = random.nextInt(layers / 2, layers);
            }
        }
        return new TrainingBatch(batch.tokens(), batch.weights(), attending);
    }

    @Override
    public TrainingBatch heldOut(int index) {
        return batch(HELD_OUT, index);
    }

    @Override
    public int heldOutBatches() {
        return HELD_OUT_BATCHES;
    }

    private TrainingBatch batch(long begin, long index) {
        int[][] tokens = new int[rows][length];
        float[][] weights = new float[rows][length];
        for (int row = 0; row < rows; row++) {
            // a row has fewer documents than tokens, so no two rows share one
            fill(begin + (index * rows + row) * length, tokens[row], weights[row]);
        }
        return new TrainingBatch(tokens, weights);
    }

    private void fill(long firstDocument, int[] tokens, float[] weights) {
        int at = 0;
        for (long number = firstDocument; at < length; number++) {
            tokens[at++] = BytePairTokenizer.BOS;
            ImmutableIntArray text = tokenizer.encode(corpus.document(number).text());
            for (int i = 0; i <= text.length() && at < length; i++) {
                tokens[at] = i < text.length() ? text.get(i) : BytePairTokenizer.EOS;
                weights[at++] = 1;
            }
        }
    }
}
