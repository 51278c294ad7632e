package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import dev.patchscopes.ModelIdentity;
import dev.patchscopes.measure.Rate;
import dev.patchscopes.model.ComputeType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Probes of states made up for the purpose. */
class LayerTrainerTest {
    private static final long SEED = Long.getLong("seed", 20251);
    private static final ModelIdentity NOBODY =
            new ModelIdentity("none", "0123456789abcdef", "none", ComputeType.FLOAT32, "cpu");
    private static final int EXAMPLES = 900;
    private static final int WIDTH = 12;
    private static final int CLASSES = 3;

    private final Random random = new Random(SEED);
    private final int[] labels = IntStream.range(0, EXAMPLES).map(i -> i % CLASSES).toArray();
    private final List<String> groups =
            IntStream.range(0, EXAMPLES).mapToObj(i -> "g" + i).toList();
    private final List<String> keys = random.ints(EXAMPLES, 0, 30).mapToObj(k -> "k" + k).toList();
    private final ProbeSplit split = ProbeSplit.of(groups, labels, 0.2, 0.4, SEED);

    /** States that hold the label in some directions, among noise. */
    private float[][] states(double signal) {
        float[][] states = new float[EXAMPLES][WIDTH];
        for (int i = 0; i < EXAMPLES; i++) {
            for (int j = 0; j < WIDTH; j++) {
                double mean = j == labels[i] ? signal : 0;
                states[i][j] = (float) (mean + random.nextGaussian());
            }
        }
        return states;
    }

    private LayerProbe train(float[][] states, List<String> keysOf, long shuffling) {
        return new LayerTrainer(
                        NOBODY,
                        ImmutableList.of("a", "b", "c"),
                        labels,
                        ControlTask.of(keysOf, labels, split, SEED + 1),
                        split,
                        split.test().length,
                        ImmutableDoubleArray.of(0.01, 0.1, 1),
                        new LogisticRegression.Stopping(1000, 1e-8),
                        shuffling)
                .train(7, states);
    }

    /**
     * Classes are alike in number, so the mean over all orders of the labels is chance; single
     * orders scatter more than a binomial does, since a probe of noise treats a class's states
     * alike.
     */
    @Test
    void itFindsWhatIsThereAndNothingInShuffledLabels() {
        float[][] states = states(3);
        int orders = 40;
        double sum = 0;
        double squares = 0;
        for (int order = 0; order < orders; order++) {
            LayerScore score = train(states, keys, order).score();
            assertThat(score.accuracy().share()).as("seed %d", SEED).isGreaterThan(0.9);
            assertThat(score.macroF1()).isCloseTo(score.accuracy().share(), within(0.02));
            assertThat(score.converged()).isTrue();
            sum += score.shuffled().share();
            squares += score.shuffled().share() * score.shuffled().share();
        }
        double mean = sum / orders;
        double error = Math.sqrt((squares / orders - mean * mean) / (orders - 1));
        System.out.printf(Locale.ROOT, "shuffled labels: %.3f, standard error %.3f%n", mean, error);
        assertThat(mean).as("seed %d", SEED).isCloseTo(1.0 / CLASSES, within(3.5 * error));
        assertThat(error).isLessThan(0.04);
    }

    /** Here a binomial it is. */
    @Test
    void noiseGivesChanceWithEitherLabels() {
        int tests = split.test().length;
        double chance = 1.0 / CLASSES;
        double deviation = Math.sqrt(chance * (1 - chance) / tests);
        LayerScore score = train(states(0), keys, 1).score();
        assertThat(score.accuracy().share())
                .as("seed %d", SEED)
                .isCloseTo(chance, within(4 * deviation));
        assertThat(score.shuffled().share())
                .as("seed %d", SEED)
                .isCloseTo(chance, within(4 * deviation));
    }

    /** Keys are in the states here, so that a linear probe can learn labels drawn for them. */
    @Test
    void theControlTaskShowsMemory() {
        float[][] plain = states(3);
        float[][] withKeys = new float[EXAMPLES][];
        for (int i = 0; i < EXAMPLES; i++) {
            withKeys[i] = Arrays.copyOf(plain[i], WIDTH + 30);
            withKeys[i][WIDTH + Integer.parseInt(keys.get(i).substring(1))] = 1;
        }
        LayerScore remembered = train(withKeys, keys, 1).score();
        LayerScore forgotten = train(plain, keys, 1).score();
        assertThat(remembered.control().share()).as("seed %d", SEED).isGreaterThan(0.9);
        assertThat(remembered.selectivity()).isLessThan(0.1);
        assertThat(remembered.memory()).isGreaterThan(0.9).isLessThanOrEqualTo(1);
        assertThat(forgotten.memory()).isLessThan(0.6);
        assertThat(forgotten.control().share()).as("seed %d", SEED).isLessThan(0.55);
        assertThat(forgotten.selectivity()).isGreaterThan(0.4);
        assertThat(forgotten.selectivity())
                .isEqualTo(forgotten.accuracy().share() - forgotten.control().share());
    }

    @Test
    void scalesAndOffsetsOfFeaturesDoNotMatter() {
        float[][] states = states(1);
        float[][] other = new float[EXAMPLES][WIDTH];
        for (int i = 0; i < EXAMPLES; i++) {
            for (int j = 0; j < WIDTH; j++) {
                // powers of two and small whole numbers, so that float32 loses little
                other[i][j] = (float) Math.scalb((double) states[i][j], j - 4) + (j % 3) - 1;
            }
        }
        LayerProbe first = train(states, keys, 1);
        LayerProbe second = train(other, keys, 1);
        assertThat(second.score().c()).isEqualTo(first.score().c());
        assertThat(second.score().accuracy()).isEqualTo(first.score().accuracy());
        double largest = 0;
        for (int i = 0; i < EXAMPLES; i++) {
            double[] a = first.probe().predict(states[i]).probabilities().toArray();
            double[] b = second.probe().predict(other[i]).probabilities().toArray();
            for (int k = 0; k < CLASSES; k++) {
                largest = Math.max(largest, Math.abs(a[k] - b[k]));
            }
        }
        assertThat(largest).as("seed %d", SEED).isLessThan(1e-5);
    }

    @Test
    void constantFeaturesAreLeftAlone() {
        float[][] states = states(3);
        float[][] padded = new float[EXAMPLES][];
        for (int i = 0; i < EXAMPLES; i++) {
            padded[i] = Arrays.copyOf(states[i], WIDTH + 2);
            padded[i][WIDTH] = 0.1f;
            padded[i][WIDTH + 1] = 0;
        }
        LayerProbe with = train(padded, keys, 1);
        assertThat(with.score().accuracy()).isEqualTo(train(states, keys, 1).score().accuracy());
        for (String label : with.probe().labels()) {
            assertThat(with.probe().weights(label)[WIDTH]).isCloseTo(0, within(1e-12));
            assertThat(with.probe().weights(label)[WIDTH + 1]).isEqualTo(0);
        }
        String before = with.probe().predict(padded[0]).top();
        padded[0][WIDTH] = 1e6f; // unlike anything in training
        assertThat(with.probe().predict(padded[0]).top()).isEqualTo(before);
    }

    /** The folded probe says what the regression on standardised features says. */
    @Test
    void standardisationIsFoldedIntoTheProbe() {
        float[][] states = states(2);
        for (float[] state : states) {
            state[3] = state[3] * 1000 + 5000; // a rogue dimension
        }
        LayerProbe trained = train(states, keys, 1);
        Standardizer standardizer = Standardizer.of(states, split.train());
        double[][] x = standardizer.apply(states, split.train());
        double[] mean = new double[WIDTH];
        double[] square = new double[WIDTH];
        for (double[] row : x) {
            for (int j = 0; j < WIDTH; j++) {
                mean[j] += row[j] / x.length;
                square[j] += row[j] * row[j] / x.length;
            }
        }
        for (int j = 0; j < WIDTH; j++) {
            assertThat(mean[j]).isCloseTo(0, within(1e-9));
            assertThat(square[j]).isCloseTo(1, within(1e-9));
        }
        LogisticRegression fit =
                LogisticRegression.fit(
                        x,
                        ProbeSplit.at(split.train(), labels),
                        CLASSES,
                        trained.score().c(),
                        new double[0],
                        new LogisticRegression.Stopping(1000, 1e-8));
        double[][] expected = fit.probabilities(standardizer.apply(states, split.test()));
        for (int i = 0; i < expected.length; i++) {
            double[] p = trained.probe().predict(states[split.test()[i]]).probabilities().toArray();
            for (int k = 0; k < CLASSES; k++) {
                assertThat(p[k]).isCloseTo(expected[i][k], within(1e-6));
            }
        }
    }

    @Test
    void theBestLayerIsChosenOnValidationExamplesAndNotOnTheTest() {
        LayerScore good = score(1, 0.9, 0.3, 0.5);
        LayerScore lucky = score(2, 0.8, 0.2, 1.0);
        LayerScore sure = score(3, 0.9, 0.25, 0.6);
        ProbeScores scores =
                new ProbeScores(
                        LinearProbeTest.provenance(),
                        new Rate(4, 10, 10),
                        ImmutableList.of(good, lucky, sure));
        assertThat(scores.best()).isEqualTo(sure);
    }

    private static LayerScore score(int layer, double validation, double loss, double test) {
        Rate none = new Rate(3, 10, 10);
        return new LayerScore(
                layer,
                1,
                5,
                true,
                validation,
                loss,
                new Rate((int) Math.round(10 * test), 10, 10),
                test,
                none,
                none,
                0);
    }
}
