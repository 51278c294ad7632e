package dev.patchscopes.examples.demo.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.examples.demo.corpus.Corpus;
import dev.patchscopes.examples.demo.tokenizer.BytePairTokenizer;
import dev.patchscopes.model.TrainingBatch;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Documents laid out in rows. */
class CorpusSourceTest {

    private static final int LENGTH = 96;

    private final DemoText text = DemoText.of(1, 300);
    private final CorpusSource source =
            new CorpusSource(text.corpus(), text.tokenizer(), 4, LENGTH, 10);

    @Test
    void aRowHoldsDocumentsBetweenTheirMarks() {
        Corpus corpus = text.corpus();
        TrainingBatch batch = source.training(2);
        int[] row = batch.tokens()[1];
        long document = (2 * 4 + 1) * LENGTH;
        int at = 0;
        while (at < LENGTH) {
            assertThat(row[at]).isEqualTo(BytePairTokenizer.BOS);
            assertThat(batch.weights()[1][at]).isZero();
            ImmutableIntArray ids = text.tokenizer().encode(corpus.document(document).text());
            int end = Math.min(LENGTH, at + 1 + ids.length());
            assertThat(Arrays.copyOfRange(row, at + 1, end))
                    .isEqualTo(ids.subArray(0, end - at - 1).toArray());
            if (end < LENGTH) {
                assertThat(row[end]).isEqualTo(BytePairTokenizer.EOS);
                assertThat(batch.weights()[1][end]).isEqualTo(1);
            }
            at = end + 1;
            document++;
        }
    }

    @Test
    void aBatchIsAFunctionOfItsNumberAndOthersDiffer() {
        assertThat(source.training(5).tokens()).isDeepEqualTo(source.training(5).tokens());
        assertThat(source.heldOut(1).tokens()).isDeepEqualTo(source.heldOut(1).tokens());
        assertThat(Arrays.deepEquals(source.training(5).tokens(), source.training(6).tokens()))
                .isFalse();
        assertThat(Arrays.deepEquals(source.training(1).tokens(), source.heldOut(1).tokens()))
                .isFalse();
    }
}
