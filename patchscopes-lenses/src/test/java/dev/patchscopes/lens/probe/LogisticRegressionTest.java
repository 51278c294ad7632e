package dev.patchscopes.lens.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.lens.probe.LogisticRegression.Stopping;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogisticRegressionTest {
    private static final long SEED = Long.getLong("seed", 20231);
    private static final double[] ZEROS = {};

    /** scikit-learn's solver stopped within 2e-7 of the minimum, by its own other solver. */
    private static final double GOLDEN = 1e-6;

    /** Odd numbers reach the ends of unrolled loops; above 512 rows, parts have several tiles. */
    @ParameterizedTest
    @CsvSource({
        "1, 3, 2",
        "2, 5, 3",
        "33, 7, 3",
        "67, 6, 5",
        "131, 1, 2",
        "260, 40, 11",
        "530, 3, 3"
    })
    void itsGradientIsThatOfFiniteDifferences(int examples, int width, int classes) {
        Random random = new Random(SEED);
        double[][] x = gaussian(random, examples, width);
        int[] y = random.ints(examples, 0, classes).toArray();
        LogisticObjective objective = new LogisticObjective(x, y, classes, 0.7);
        double[] at = random.doubles(objective.parameters(), -1, 1).toArray();
        double[] gradient = new double[at.length];
        double value = objective.at(at, gradient);
        assertThat(value)
                .as("seed %d", SEED)
                .isCloseTo(plain(x, y, classes, 0.7, at), within(1e-12));
        double step = 1e-5;
        double[] ignored = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double[] there = at.clone();
            there[i] = at[i] + step;
            double after = objective.at(there, ignored);
            there[i] = at[i] - step;
            double before = objective.at(there, ignored);
            assertThat(gradient[i])
                    .as("seed %d, parameter %d", SEED, i)
                    .isCloseTo((after - before) / (2 * step), within(1e-8));
        }
    }

    /** The same function, written as it is defined. */
    private static double plain(double[][] x, int[] y, int classes, double c, double[] at) {
        double sum = 0;
        int width = x[0].length;
        for (int i = 0; i < x.length; i++) {
            double[] scores = new double[classes];
            for (int k = 0; k < classes; k++) {
                scores[k] = at[classes * width + k];
                for (int j = 0; j < width; j++) {
                    scores[k] += at[k * width + j] * x[i][j];
                }
            }
            sum += Math.log(Arrays.stream(scores).map(Math::exp).sum()) - scores[y[i]];
        }
        double squares = Arrays.stream(at, 0, classes * width).map(w -> w * w).sum();
        return (squares / 2 + c * sum) / (c * x.length);
    }

    /**
     * coef_ and intercept_ (minus its mean, which the objective leaves open) of
     * LogisticRegression(C=C, tol=1e-12, max_iter=100000) of scikit-learn 1.9.1 on the data of seed
     * 20231.
     */
    @Test
    void itsCoefficientsAreThoseOfScikitLearn() {
        check(
                0.1,
                new double[] {
                    0.4156400349518203, 0.19378701785536792, 0.26735903409390827,
                    0.045112668647129345, -0.2463838872600979, -0.6212270311674516,
                    0.0976643094278723, 0.2723268141996396, -0.1692561476917224,
                    0.42744001331208353, -0.3650233435217807, -0.31743948284676893
                },
                new double[] {-0.4513751671970149, 0.31173795037697866, 0.13963721682003624});
        check(
                1,
                new double[] {
                    1.3578084565229396, 0.5855016778610369, 0.73211714684501,
                    0.07641538438677223, -0.8208394463120916, -1.7657903039176037,
                    0.40483600198004904, 0.9738649437348441, -0.5369690102108481,
                    1.1802886260565668, -1.1369531488250593, -1.0502803281216162
                },
                new double[] {-0.312737680685456, 0.3132541903038786, -0.0005165096184225369});
        check(
                10,
                new double[] {
                    2.319437375011248, 1.209871942764823, 0.9536072860216013,
                    0.007195622596146813, -1.5482822295086196, -3.4615953039444367,
                    0.9656571062939865, 1.9826093006083974, -0.7711551455026296,
                    2.2517233611796126, -1.9192643923155885, -1.989804923204544
                },
                new double[] {-0.08530683812771835, 0.19582697763329435, -0.110520139505576});
    }

    private static void check(double c, double[] coefficients, double[] intercepts) {
        SmallData data = new SmallData(20231);
        LogisticRegression fit =
                LogisticRegression.fit(
                        data.features,
                        data.labels,
                        SmallData.CLASSES,
                        c,
                        ZEROS,
                        new Stopping(10_000, 1e-10));
        assertThat(fit.converged()).isTrue();
        int weights = coefficients.length;
        double mean = Arrays.stream(fit.parameters()).skip(weights).average().orElseThrow();
        for (int i = 0; i < weights; i++) {
            assertThat(fit.parameters()[i])
                    .as("C %s, weight %d", c, i)
                    .isCloseTo(coefficients[i], within(GOLDEN));
        }
        for (int k = 0; k < intercepts.length; k++) {
            assertThat(fit.parameters()[weights + k] - mean)
                    .as("C %s, intercept %d", c, k)
                    .isCloseTo(intercepts[k], within(GOLDEN));
        }
    }

    /**
     * The same data, class 0 against the others, with C=2 there and C=1 here: two vectors that
     * share a weight equally have half its square.
     */
    @Test
    void ofTwoClassesItIsScikitLearnsWithTwiceTheC() {
        SmallData data = new SmallData(20231);
        int[] labels = Arrays.stream(data.labels).map(y -> y == 0 ? 1 : 0).toArray();
        double[] fit =
                LogisticRegression.fit(
                                data.features, labels, 2, 1, ZEROS, new Stopping(10_000, 1e-10))
                        .parameters();
        double[] coefficients = {
            2.1078833528116636, 0.9106088190597891, 1.3296439644521754, 0.021450170696658367
        };
        for (int j = 0; j < 4; j++) {
            assertThat(fit[4 + j] - fit[j]).isCloseTo(coefficients[j], within(GOLDEN));
        }
        assertThat(fit[9] - fit[8]).isCloseTo(-1.6366994735678895, within(GOLDEN));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 1, 100})
    void itEndsWhereThePlainDescentEnds(double c) {
        Random random = new Random(SEED + 1);
        double[][] x = gaussian(random, 90, 6);
        int[] y = random.ints(90, 0, 4).toArray();
        LogisticRegression fit =
                LogisticRegression.fit(x, y, 4, c, ZEROS, new Stopping(10_000, 1e-9));
        LogisticObjective objective = new LogisticObjective(x, y, 4, c);
        double[] gradient = new double[objective.parameters()];
        double value = objective.at(fit.parameters(), gradient);
        assertThat(fit.converged()).isTrue();
        assertThat(Arrays.stream(gradient).map(Math::abs).max().orElseThrow())
                .as("seed %d", SEED + 1)
                .isLessThanOrEqualTo(1e-9);

        double[] slow = new double[objective.parameters()];
        double[] slope = new double[slow.length];
        double length = 1 / (2.0 + 1 / (c * 90)); // below 1 over the curvature
        double reached = 0;
        for (int i = 0; i < 20_000; i++) {
            reached = objective.at(slow, slope);
            for (int j = 0; j < slow.length; j++) {
                slow[j] -= length * slope[j];
            }
        }
        assertThat(value).as("seed %d", SEED + 1).isCloseTo(reached, within(1e-12));
        assertThat(value).isLessThanOrEqualTo(reached + 1e-15);
        for (int j = 0; j < slow.length; j++) {
            assertThat(fit.parameters()[j]).isCloseTo(slow[j], within(1e-6));
        }
    }

    @Test
    void itSaysWhenItStoppedEarly() {
        SmallData data = new SmallData(20231);
        LogisticRegression fit =
                LogisticRegression.fit(
                        data.features, data.labels, 3, 10, ZEROS, new Stopping(3, 1e-8));
        assertThat(fit.converged()).isFalse();
        assertThat(fit.iterations()).isEqualTo(3);
    }

    @Test
    void aStartNearTheEndEndsInTheSamePlace() {
        SmallData data = new SmallData(20231);
        Stopping stopping = new Stopping(10_000, 1e-10);
        LogisticRegression cold =
                LogisticRegression.fit(data.features, data.labels, 3, 1, ZEROS, stopping);
        double[] other =
                LogisticRegression.fit(data.features, data.labels, 3, 0.1, ZEROS, stopping)
                        .parameters();
        LogisticRegression warm =
                LogisticRegression.fit(data.features, data.labels, 3, 1, other, stopping);
        for (int i = 0; i < cold.parameters().length; i++) {
            assertThat(warm.parameters()[i]).isCloseTo(cold.parameters()[i], within(1e-7));
        }
    }

    @Test
    void separableExamplesAndHugeFeaturesStillEnd() {
        double[][] x = {{1e6}, {-1e6}, {2e6}, {-2e6}};
        LogisticRegression fit =
                LogisticRegression.fit(
                        x, new int[] {0, 1, 0, 1}, 2, 1e6, ZEROS, new Stopping(1000, 1e-4));
        assertThat(Metrics.predicted(fit.probabilities(x))).containsExactly(0, 1, 0, 1);
        assertThat(Arrays.stream(fit.parameters()).allMatch(Double::isFinite)).isTrue();
    }

    @Test
    void threadsDoNotChangeABit() {
        Random random = new Random(SEED + 2);
        double[][] x = gaussian(random, 700, 64);
        int[] y = random.ints(700, 0, 5).toArray();
        LogisticObjective objective = new LogisticObjective(x, y, 5, 1);
        double[] at = random.doubles(objective.parameters(), -1, 1).toArray();
        double[] first = new double[at.length];
        double value = objective.at(at, first);
        for (int i = 0; i < 20; i++) {
            double[] again = new double[at.length];
            assertThat(objective.at(at, again)).isEqualTo(value);
            assertThat(again).isEqualTo(first);
        }
    }

    private static double[][] gaussian(Random random, int rows, int width) {
        return IntStream.range(0, rows)
                .mapToObj(i -> random.doubles(width, -1.7, 1.7).toArray())
                .toArray(double[][]::new);
    }
}
