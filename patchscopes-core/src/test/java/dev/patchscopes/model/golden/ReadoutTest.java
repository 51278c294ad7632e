package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.Divergence;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.Readout;
import dev.patchscopes.model.StateReading;
import dev.patchscopes.model.StateReadings;
import dev.patchscopes.model.Teacher;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.model.TokenDistribution;
import dev.patchscopes.model.TokenScore;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;

/** Many states read at once are the states read one by one, in every family. */
class ReadoutTest {
    private static final long SEED = Long.getLong("seed", 41);
    private static final int[] TOKENS = {5, 77};

    private static TokenizedPrompt prompt(HookedModel model, int length) {
        int[] ids = new Random(SEED).ints(length, 3, model.vocabularySize()).toArray();
        return TokenizedPrompt.ofIds(ids);
    }

    private static List<HookPoint> residuals(HookedModel model) {
        return IntStream.rangeClosed(0, model.layers()).mapToObj(HookPoint::residual).toList();
    }

    private static double bound(GoldenModel g) {
        return g.type() == ComputeType.FLOAT64 ? 1e-11 : 2e-5;
    }

    @EachGolden
    void everyNumberIsTheDistributions(GoldenModel g) {
        HookedModel model = g.model();
        TokenBatch batch = TokenBatch.of(List.of(prompt(model, 6), prompt(model, 3)));
        ImmutableIntArray next = ImmutableIntArray.of(7, 8, 9, 10, 11, -1, 4, 5, -1);
        double bound = bound(g);
        Activations host = model.run(batch).capture(residuals(model)).execute();
        try (TensorActivations acts = model.run(batch).capture(residuals(model)).tensors()) {
            List<NDArray> states = residuals(model).stream().map(acts::get).toList();
            StateReadings all =
                    model.readout()
                            .top(3)
                            .tokens(TOKENS)
                            .read(states, states.get(model.layers()), next);
            assertThat(acts.rows(1).lowerEndpoint()).isEqualTo(6);
            for (int k = 0; k <= model.layers(); k++) {
                for (int row = 0; row < 9; row++) {
                    int text = row / 6;
                    int pos = row % 6;
                    TokenDistribution lens = read(model, host, k, text, pos);
                    TokenDistribution last = read(model, host, model.layers(), text, pos);
                    StateReading r = all.at(k, row);
                    assertThat(r.entropy()).isCloseTo(lens.entropy(), within(bound));
                    assertThat(r.divergence()).isCloseTo(divergence(last, lens), within(bound));
                    assertThat(r.prediction().id()).isEqualTo(lens.argMax());
                    assertThat(r.surprisalUnderFinal())
                            .isCloseTo(-last.logProbability(lens.argMax()), within(bound));
                    assertThat(r.finalPrediction().id()).isEqualTo(last.argMax());
                    check(r.finalPrediction(), lens, bound);
                    assertThat(r.next().map(TokenScore::id).orElse(-1)).isEqualTo(next.get(row));
                    r.next().ifPresent(score -> check(score, lens, bound));
                    assertThat(r.tokens()).extracting(TokenScore::id).containsExactly(5, 77);
                    r.tokens().forEach(score -> check(score, lens, bound));
                    for (int i = 0; i < 3; i++) {
                        assertThat(r.top().get(i).id()).isEqualTo(lens.top(3).get(i).id());
                        assertThat(r.top().get(i).probability())
                                .isCloseTo(lens.top(3).get(i).probability(), within(bound));
                    }
                }
            }
        }
    }

    private static TokenDistribution read(
            HookedModel model, Activations host, int layer, int text, int position) {
        return model.unembed(host.get(HookPoint.residual(layer)).vectorDoubles(text, position));
    }

    private static void check(TokenScore score, TokenDistribution lens, double bound) {
        assertThat(score.logProbability())
                .isCloseTo(lens.logProbability(score.id()), within(bound));
        assertThat(score.rank()).isEqualTo(lens.rank(score.id()));
    }

    private static double divergence(TokenDistribution p, TokenDistribution q) {
        return IntStream.range(0, p.size())
                .mapToDouble(
                        id -> p.probability(id) * (p.logProbability(id) - q.logProbability(id)))
                .sum();
    }

    @EachGolden
    void theLastLayerDoesNotDivergeAndItsGradientVanishes(GoldenModel g) {
        HookedModel model = g.model();
        HookPoint last = HookPoint.residual(model.layers());
        try (TensorActivations acts = model.run(prompt(model, 5)).capture(last).tensors();
                Teacher teacher = model.readout().teacher(acts.get(last))) {
            Divergence divergence = model.readout().divergence(teacher, acts.get(last));
            assertThat(divergence.sum()).isCloseTo(0, within(bound(g)));
            assertThat(largest(divergence.gradient())).isLessThan(bound(g));
        }
    }

    @EachGolden
    void normalizedStatesReadAsTheStatesTheyWereMadeOf(GoldenModel g) {
        HookedModel model = g.model();
        HookPoint early = HookPoint.residual(1);
        HookPoint last = HookPoint.residual(model.layers());
        ImmutableIntArray next = ImmutableIntArray.of(7, 8, 9, 10, -1);
        try (TensorActivations acts = model.run(prompt(model, 5)).capture(early, last).tensors()) {
            NDArray h = acts.get(early);
            double[] before = doubles(h);
            try (NDArray n = model.readout().normalized(h)) {
                assertThat(n.getShape()).isEqualTo(new Shape(5, model.readout().normalizedWidth()));
                Readout readout = model.readout().top(4).tokens(TOKENS);
                StateReadings own = readout.read(List.of(h), acts.get(last), next);
                StateReadings same = readout.ofNormalized().read(List.of(n), acts.get(last), next);
                for (int row = 0; row < 5; row++) {
                    assertThat(same.at(0, row)).isEqualTo(own.at(0, row));
                }
                try (Teacher teacher = model.readout().teacher(acts.get(last))) {
                    assertThat(readout.ofNormalized().divergence(teacher, n).rows())
                            .isEqualTo(readout.divergence(teacher, h).rows());
                }
            }
            assertThat(doubles(h)).containsExactly(before); // and not closed with what it gave
        }
    }

    @EachGolden
    void theUnembeddingIsWhatNormalizedStatesAreMultipliedBy(GoldenModel g) {
        HookedModel model = g.model();
        int width = model.readout().normalizedWidth();
        HookPoint last = HookPoint.residual(model.layers());
        try (TensorActivations acts = model.run(prompt(model, 4)).capture(last).tensors()) {
            double[] states = doubles(acts.get(last));
            double[] normalized = doubles(model.readout().normalized(acts.get(last)));
            double[] matrix = doubles(model.readout().unembedding(acts.manager()));
            assertThat(matrix).hasSize(model.vocabularySize() * width);
            for (int token : TOKENS) {
                double[] left = new double[2];
                for (int row = 0; row < 2; row++) {
                    double product = 0;
                    for (int i = 0; i < width; i++) {
                        product += matrix[token * width + i] * normalized[row * width + i];
                    }
                    double[] h =
                            Arrays.copyOfRange(
                                    states, row * model.width(), (row + 1) * model.width());
                    left[row] = model.unembed(h).logit(token) - capped(g, product);
                }
                // b_U, the same in each row; no family has it and a soft-cap
                assertThat(left[0]).isCloseTo(left[1], within(bound(g)));
            }
        }
    }

    private static double capped(GoldenModel g, double logit) {
        OptionalDouble cap = g.architecture().spec().unembedding().softCap();
        return cap.isPresent() ? cap.getAsDouble() * Math.tanh(logit / cap.getAsDouble()) : logit;
    }

    /** In float64, where differences tell six digits. */
    @EachGolden
    void theGradientOfNormalizedStatesIsTheSlope(GoldenModel g) {
        if (g.type() != ComputeType.FLOAT64) {
            return;
        }
        HookedModel model = g.model();
        HookPoint last = HookPoint.residual(model.layers());
        HookPoint early = HookPoint.residual(1);
        Readout readout = model.readout().ofNormalized();
        int width = model.readout().normalizedWidth();
        double[] step = new Random(SEED).doubles(3L * width, -1, 1).toArray();
        try (TensorActivations acts = model.run(prompt(model, 3)).capture(early, last).tensors();
                Teacher teacher = model.readout().teacher(acts.get(last))) {
            NDArray n = model.readout().normalized(acts.get(early));
            NDArray along = acts.manager().create(step, new Shape(3, width));
            NDArray by = acts.manager().create(1e-5);
            double up = readout.divergence(teacher, n.add(along.mul(by))).sum();
            double down = readout.divergence(teacher, n.sub(along.mul(by))).sum();
            double[] gradient = readout.divergence(teacher, n).gradient().toDoubleArray();
            double slope = 0;
            for (int i = 0; i < gradient.length; i++) {
                slope += gradient[i] * step[i];
            }
            assertThat(slope)
                    .as("seed %d", SEED)
                    .isCloseTo((up - down) / 2e-5, within(1e-6 * (1 + Math.abs(slope))));
            assertThat(Math.abs(slope)).isGreaterThan(1e-4);
        }
    }

    private static double largest(NDArray x) {
        double largest = 0;
        for (Number value : x.toArray()) {
            largest = Math.max(largest, Math.abs(value.doubleValue()));
        }
        return largest;
    }

    /** In float64, where differences tell six digits. */
    @EachGolden
    void theGradientIsTheSlope(GoldenModel g) {
        if (g.type() != ComputeType.FLOAT64) {
            return;
        }
        HookedModel model = g.model();
        HookPoint last = HookPoint.residual(model.layers());
        HookPoint early = HookPoint.residual(1);
        Random random = new Random(SEED);
        double[] step = random.doubles(3L * model.width(), -1, 1).toArray();
        try (TensorActivations acts = model.run(prompt(model, 3)).capture(early, last).tensors();
                Teacher teacher = model.readout().teacher(acts.get(last))) {
            NDArray h = acts.get(early);
            NDArray along = acts.manager().create(step, new Shape(3, model.width()));
            double epsilon = 1e-5;
            double up = shifted(model, teacher, h, along, epsilon);
            double down = shifted(model, teacher, h, along, -epsilon);
            NDArray gradient = model.readout().divergence(teacher, h).gradient();
            double slope = 0;
            double[] values = gradient.toDoubleArray();
            for (int i = 0; i < values.length; i++) {
                slope += values[i] * step[i];
            }
            assertThat(slope)
                    .as("seed %d", SEED)
                    .isCloseTo((up - down) / (2 * epsilon), within(1e-6 * (1 + Math.abs(slope))));
            assertThat(Math.abs(slope)).isGreaterThan(1e-4);
        }
    }

    private static double shifted(
            HookedModel model, Teacher teacher, NDArray h, NDArray along, double by) {
        NDArray moved = h.add(along.mul(h.getManager().create(by)));
        return model.readout().divergence(teacher, moved).sum();
    }

    @EachGolden
    void statesCarriedThroughLastBlocksEndAsARunsThatWasChangedThere(GoldenModel g) {
        HookedModel model = g.model();
        TokenizedPrompt prompt = prompt(model, 5);
        int from = model.layers() - 1;
        HookPoint last = HookPoint.residual(model.layers());
        Activations host = model.run(prompt).capture(HookPoint.residual(0)).execute();
        double[] embedded = host.get(HookPoint.residual(0)).doubles(0);
        double[] expected =
                model.run(prompt)
                        .intervene(
                                Intervention.replace(
                                        HookPoint.residual(from), Positions.all(), embedded))
                        .capture(last)
                        .execute()
                        .get(last)
                        .doubles(0);
        try (TensorActivations acts = model.run(prompt).capture(HookPoint.residual(0)).tensors()) {
            NDArray state = acts.get(HookPoint.residual(0));
            double[] before = doubles(state);
            List<NDArray> carried = model.readout().throughLastBlocks(1, prompt, List.of(state));
            assertThat(doubles(carried.get(0))).containsExactly(expected, within(1e-4));
            assertThat(doubles(state)).containsExactly(before);
            NDArray none = model.readout().throughLastBlocks(0, prompt, List.of(state)).get(0);
            assertThat(doubles(none)).containsExactly(before);
        }
    }

    private static double[] doubles(NDArray x) {
        List<Double> out = new ArrayList<>();
        for (Number value : x.toArray()) {
            out.add(value.doubleValue());
        }
        return out.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
