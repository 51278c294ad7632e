package dev.patchscopes.model.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.patchscopes.model.TokenDistribution;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is kept of logits, beside the same computed in Java one distribution at a time. */
class ReadoutScriptTest {
    private static final int ROWS = 25;
    private static final int ASKED = 3;

    /** Vocabularies of several slices, the last a short one, and of blocks with some left over. */
    @ParameterizedTest
    @CsvSource({"50257, 1", "50257, 5", "50304, 5", "3072, 11", "131, 5", "131, 131"})
    void everyRowIsItsDistribution(int vocabulary, int k) {
        Random random = new Random(vocabulary + k);
        float[] logits = normal(random, ROWS * vocabulary, 5);
        float[] teacher = normal(random, ROWS * vocabulary, 5);
        long[] ids = random.longs((long) ROWS * ASKED, 0, vocabulary).toArray();
        double[] read = read(logits, teacher, ids, vocabulary, k);
        int width = 3 + 2 * ASKED + 2 * k;
        assertThat(read).hasSize(ROWS * width);
        for (int row = 0; row < ROWS; row++) {
            TokenDistribution own = distribution(logits, row, vocabulary);
            TokenDistribution last = distribution(teacher, row, vocabulary);
            int at = row * width;
            String where = "row " + row;
            assertThat(read[at]).as(where).isCloseTo(own.entropy(), within(2e-4));
            assertThat(read[at + 1]).as(where).isCloseTo(divergence(last, own), within(2e-3));
            assertThat(read[at + 2])
                    .as(where)
                    .isCloseTo(last.logProbability(own.argMax()), within(1e-4));
            for (int i = 0; i < ASKED; i++) {
                int id = Math.toIntExact(ids[row * ASKED + i]);
                assertThat(read[at + 3 + i])
                        .as(where)
                        .isCloseTo(own.logProbability(id), within(1e-4));
                assertThat(read[at + 3 + ASKED + i]).as(where).isEqualTo(own.rank(id) + 0.0);
            }
            List<Integer> best = own.top(k).stream().map(token -> token.id()).toList();
            int first = at + 3 + 2 * ASKED;
            for (int i = 0; i < k; i++) {
                assertThat(read[first + i])
                        .as(where)
                        .isCloseTo(own.logProbability(best.get(i)), within(1e-4));
                assertThat(read[first + k + i]).as(where).isEqualTo(best.get(i) + 0.0);
            }
        }
    }

    /** Less the largest, 16, both logits below are the same float32. */
    @Test
    void ranksAreThoseOfTheLogitsThemselves() {
        int vocabulary = 64;
        float[] logits = new float[vocabulary];
        logits[0] = 16;
        for (int id = 1; id < vocabulary; id++) {
            logits[id] = 1e-8f * id;
        }
        double[] read = read(logits, logits, new long[] {1, 40, 63}, vocabulary, 1);
        assertThat(read[6]).isEqualTo(63);
        assertThat(read[7]).isEqualTo(24);
        assertThat(read[8]).isEqualTo(1);
    }

    private static float[] normal(Random random, int count, double deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }

    private static TokenDistribution distribution(float[] logits, int row, int vocabulary) {
        return TokenDistribution.ofLogits(
                IntStream.range(0, vocabulary)
                        .mapToDouble(id -> logits[row * vocabulary + id])
                        .toArray(),
                Optional.empty());
    }

    private static double divergence(TokenDistribution from, TokenDistribution to) {
        return IntStream.range(0, from.size())
                .mapToDouble(
                        id ->
                                from.probability(id)
                                        * (from.logProbability(id) - to.logProbability(id)))
                .sum();
    }

    private static double[] read(
            float[] logits, float[] teacher, long[] ids, int vocabulary, int k) {
        int rows = logits.length / vocabulary;
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
                ReadoutScript script =
                        ReadoutScript.load(Device.cpu(), vocabulary, k, Float.BYTES)) {
            NDArray log =
                    Tensors.logSoftmaxOf(manager.create(teacher, new Shape(rows, vocabulary)));
            NDArray x = manager.create(logits, new Shape(rows, vocabulary));
            NDArray asked = manager.create(ids, new Shape(rows, ASKED));
            NDArray out = script.reduce(x, new TeacherRows(log, log.exp()), asked);
            return HostValues.doubles(out);
        }
    }
}
