package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Draws: their ranges, their seeds and their distribution. */
class SamplingTest {

    private static final int SIZE = 12;
    private static final int DRAWS = 20_000;
    private static final long SEED = 20_240_607;

    private static TokenDistribution distribution() {
        Random random = new Random(1);
        return TokenDistribution.ofLogits(
                random.doubles(SIZE, -1.5, 1.5).toArray(), Optional.empty());
    }

    private static int[] counts(Sampling sampling) {
        TokenDistribution distribution = distribution();
        Sampler sampler = new Sampler(sampling, 0);
        int[] counts = new int[SIZE];
        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.choose(distribution)]++;
        }
        return counts;
    }

    /** The probabilities the settings define, computed from the definition. */
    private static double[] expected(double temperature, int topK, double topP) {
        double[] logits = distribution().logits();
        List<Integer> order =
                IntStream.range(0, SIZE)
                        .boxed()
                        .sorted((a, b) -> Double.compare(logits[b], logits[a]))
                        .toList();
        double[] weights = new double[SIZE];
        for (int rank = 0; rank < (topK == 0 ? SIZE : topK); rank++) {
            weights[order.get(rank)] = Math.exp(logits[order.get(rank)] / temperature);
        }
        double sum = Arrays.stream(weights).sum();
        double reached = 0;
        for (int id : order) {
            if (reached >= topP * sum) {
                weights[id] = 0;
            }
            reached += weights[id];
        }
        double kept = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(w -> w / kept).toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, 1",
        "0.5, 0, 1",
        "2.5, 0, 1",
        "1, 4, 1",
        "1, 0, 0.6",
        "0.8, 6, 0.7",
        "1, 1, 1",
        "1, 0, 1e-9"
    })
    void drawsFollowTheDistribution(double temperature, int topK, double topP) {
        int[] counts = counts(new Sampling(temperature, topK, topP, SEED));
        double[] expected = expected(temperature, topK, topP);
        double chiSquare = 0;
        int kept = 0;
        for (int id = 0; id < SIZE; id++) {
            if (expected[id] == 0) {
                assertThat(counts[id]).as("token %d was dropped", id).isZero();
                continue;
            }
            kept++;
            double mean = expected[id] * DRAWS;
            chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
        }
        // far beyond the 99.99th percentile for up to 11 degrees of freedom (37.4), seed fixed
        assertThat(chiSquare).as("seed %d, %d tokens kept", SEED, kept).isLessThan(40);
    }

    @Test
    void greedyAndNearZeroTemperatureTakeTheMostProbable() {
        TokenDistribution distribution = distribution();
        assertThat(new Sampler(Sampling.greedy(), 0).choose(distribution))
                .isEqualTo(distribution.argMax());
        assertThat(new Sampler(Sampling.temperature(1e-6, 3), 0).choose(distribution))
                .isEqualTo(distribution.argMax());
    }

    @Test
    void tiesAreBrokenByIdAndTopKKeepsExactlyK() {
        TokenDistribution flat = TokenDistribution.ofLogits(new double[8], Optional.empty());
        Sampler sampler = new Sampler(Sampling.temperature(1, 5).withTopK(3), 0);
        Set<Integer> drawn =
                IntStream.range(0, 500)
                        .mapToObj(i -> sampler.choose(flat))
                        .collect(Collectors.toSet());
        assertThat(drawn).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void seedsAndRowsGiveUnrelatedDraws() {
        List<double[]> streams = new ArrayList<>();
        for (long seed = 0; seed < 4; seed++) {
            for (int row = 0; row < 2; row++) {
                streams.add(draws(seed, row));
            }
        }
        for (double[] a : streams) {
            for (double[] b : streams) {
                for (int lag = 0; lag < 4; lag++) {
                    if (a != b || lag > 0) {
                        // equal draws by chance: 1 in 1000
                        assertThat(agreement(a, b, lag)).isLessThan(0.02);
                    }
                }
            }
        }
        assertThat(draws(3, 1)).containsExactly(draws(3, 1));
    }

    private static double[] draws(long seed, int row) {
        TokenDistribution flat = TokenDistribution.ofLogits(new double[1000], Optional.empty());
        Sampler sampler = new Sampler(Sampling.temperature(1, seed), row);
        return IntStream.range(0, 500).mapToDouble(i -> sampler.choose(flat)).toArray();
    }

    private static double agreement(double[] a, double[] b, int lag) {
        int same = 0;
        for (int i = 0; i + lag < a.length; i++) {
            same += a[i] == b[i + lag] || a[i + lag] == b[i] ? 1 : 0;
        }
        return same / (double) a.length;
    }

    @Test
    void aSeedRepeatsAndNoOtherPromptMatters() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenizedPrompt first = TestModels.prompt(61, 4);
            Sampling sampling = Sampling.temperature(1.3, 77);
            int[] alone = ids(model, TokenBatch.of(first), sampling, 0);
            assertThat(ids(model, TokenBatch.of(first), sampling, 0)).containsExactly(alone);
            assertThat(ids(model, TokenBatch.of(first), Sampling.temperature(1.3, 78), 0))
                    .isNotEqualTo(alone);
            TokenizedPrompt other = TestModels.prompt(62, 9);
            assertThat(ids(model, TokenBatch.of(first, other), sampling, 0)).containsExactly(alone);
            // the second row's draws do not depend on what the first one is
            int[] second = ids(model, TokenBatch.of(first, other), sampling, 1);
            assertThat(ids(model, TokenBatch.of(TestModels.prompt(63, 2), other), sampling, 1))
                    .containsExactly(second);
            assertThat(ids(model, TokenBatch.of(first, first), sampling, 1)).isNotEqualTo(alone);
        }
    }

    private static int[] ids(HookedModel model, TokenBatch batch, Sampling sampling, int row) {
        return model.generation(batch)
                .maxNewTokens(12)
                .ignoringEndOfText()
                .sampling(sampling)
                .run()
                .all()
                .get(row)
                .ids()
                .toArray();
    }

    @Test
    void probabilitiesOfDrawnTokensAreTheModelsOwn() {
        try (HookedModel model = TestModels.exact("gpt2")) {
            TokenizedPrompt prompt = TestModels.prompt(64, 4);
            Generation drawn =
                    model.generation(prompt)
                            .maxNewTokens(1)
                            .ignoringEndOfText()
                            .sampling(Sampling.temperature(3, 5).withTopK(20).withTopP(0.9))
                            .run()
                            .first();
            TokenDistribution next = model.run(prompt).execute().next();
            assertThat(drawn.tokens().get(0).probability())
                    .isCloseTo(next.probability(drawn.ids().get(0)), within(1e-12));
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> Sampling.temperature(-0.1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-0.1");
        assertThatThrownBy(() -> Sampling.temperature(Double.NaN, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> Sampling.greedy().withTopK(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("topK -1");
        for (double p : new double[] {0, 1.01, Double.NaN}) {
            assertThatThrownBy(() -> Sampling.greedy().withTopP(p))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("(0, 1]");
        }
    }
}
