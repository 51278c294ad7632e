package dev.patchscopes.lens.relation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BaselinesTest {
    private static final int WIDTH = 6;
    private static final int LAYER = 2;

    /** Another seed may be given: -Dseed=42. */
    private final long seed = Long.getLong("seed", System.nanoTime());

    private final Random random = new Random(seed);

    private double[] vector(int length) {
        return random.doubles(length, -1, 1).toArray();
    }

    private List<SubjectStates> examples(int count) {
        RelationPrompt prompt = new RelationPrompt(TokenizedPrompt.ofIds(1, 2), "x", 0);
        return Stream.generate(
                        () ->
                                new SubjectStates(
                                        prompt,
                                        ImmutableMap.of(LAYER, vector(WIDTH)),
                                        vector(WIDTH)))
                .limit(count)
                .toList();
    }

    private static double[] mean(Stream<double[]> vectors) {
        List<double[]> all = vectors.toList();
        return IntStream.range(0, WIDTH)
                .mapToDouble(i -> all.stream().mapToDouble(v -> v[i]).average().orElseThrow())
                .toArray();
    }

    @Test
    void translationTakesTheMeanSubjectToTheMeanObject() {
        List<SubjectStates> examples = examples(4);
        double[] h = mean(examples.stream().map(s -> s.at(LAYER)));
        double[] z = mean(examples.stream().map(SubjectStates::object));
        assertThat(new Baselines(examples, LAYER).translation().apply(h))
                .as("seed %s", seed)
                .containsExactly(z, within(1e-12));
    }

    @Test
    void theCornerIsHalfAsFarAsSubjectsAreLongAndPointsToTheMeanDirection() {
        List<SubjectStates> examples = examples(3);
        ImmutableMap<Integer, double[]> rows =
                ImmutableMap.of(
                        0, new double[] {2, 0, 0, 0, 0, 0}, 1, new double[] {0, 5, 0, 0, 0, 0});
        double[] moved = new Baselines(examples, LAYER).corner(rows).apply(new double[WIDTH]);
        double length =
                examples.stream()
                                .mapToDouble(s -> Baselines.norm(s.at(LAYER)))
                                .average()
                                .orElseThrow()
                        / 2;
        assertThat(Baselines.norm(moved)).as("seed %s", seed).isCloseTo(length, within(1e-12));
        assertThat(moved[0]).isEqualTo(moved[1]).isPositive();
    }

    @Test
    void ridgeInTheExamplesIsRidgeInTheWidth() {
        List<SubjectStates> examples = examples(4);
        double share = 0.3;
        double[] meanH = mean(examples.stream().map(s -> s.at(LAYER)));
        double[] meanZ = mean(examples.stream().map(SubjectStates::object));
        Matrix h =
                Matrix.ofRows(
                        examples.stream()
                                .map(s -> Baselines.minus(s.at(LAYER), meanH))
                                .toArray(double[][]::new));
        Matrix z =
                Matrix.ofRows(
                        examples.stream()
                                .map(s -> Baselines.minus(s.object(), meanZ))
                                .toArray(double[][]::new));
        double penalty = share * h.norm() * h.norm() / examples.size();
        Matrix map = // [d, d], (H^T H + penalty I)^-1 H^T Z
                h.transposed()
                        .times(h)
                        .plus(Matrix.identity(WIDTH).scaled(penalty))
                        .solve(h.transposed().times(z));
        double[] x = vector(WIDTH);
        double[] expected =
                RelationEdit.plus(map.transposedTimes(Baselines.minus(x, meanH)), meanZ);
        assertThat(new Baselines(examples, LAYER).ridge(share).apply(x))
                .as("seed %s", seed)
                .containsExactly(expected, within(1e-9));
    }

    @Test
    void oneExampleGivesItsObject() {
        List<SubjectStates> examples = examples(1);
        assertThat(new Baselines(examples, LAYER).ridge(0.1).apply(vector(WIDTH)))
                .containsExactly(examples.get(0).object());
    }

    @Test
    void rowsOfTheUnembeddingGiveTheLogits() {
        try (HookedModel model = Capitals.exactModel()) {
            double[] h = vector(model.width());
            double[] logits = model.unembed(h).logits();
            // The demo's norm divides by the root mean square and has no bias.
            double rms = Baselines.norm(h) / Math.sqrt(h.length);
            ImmutableMap<Integer, double[]> rows =
                    UnembeddingRows.of(model, model.tokenize("The"), ImmutableSet.of(5, 77, 1234));
            rows.forEach(
                    (token, row) -> {
                        double dot = 0;
                        for (int i = 0; i < h.length; i++) {
                            dot += row[i] * h[i] / rms;
                        }
                        assertThat(dot)
                                .as("token %s, seed %s", token, seed)
                                .isCloseTo(logits[token], within(1e-4 * (1 + Math.abs(dot))));
                    });
        }
    }
}
