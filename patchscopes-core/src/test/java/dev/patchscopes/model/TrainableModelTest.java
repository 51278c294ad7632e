package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.patchscopes.checkpoint.StoredType;
import dev.patchscopes.model.TrainableModel.Loss;
import dev.patchscopes.model.TrainableModel.Parameter;
import dev.patchscopes.model.golden.GoldenFiles;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses, gradients and files of models in training, for every family. */
class TrainableModelTest {

    private static final TrainingSetup EXACT = new TrainingSetup(ComputeType.FLOAT64, 2, 8);
    private static final TrainingSetup FLOAT32 = new TrainingSetup(ComputeType.FLOAT32, 2, 1024);

    static Stream<String> families() {
        return GoldenFiles.names().stream().filter(name -> !name.equals("edge_pickle"));
    }

    @ParameterizedTest
    @MethodSource("families")
    void gradientsAreThoseOfFiniteDifferences(String family) {
        TrainingBatch batch = weighted();
        Random random = new Random(family.hashCode());
        try (TrainableModel model = TrainableModel.open(TestModels.directory(family), EXACT)) {
            Loss loss = model.accumulate(batch);
            assertThat(loss.sum()).isCloseTo(model.loss(batch).sum(), within(1e-9));
            for (Parameter parameter : model.parameters().values()) {
                double[] gradient = model.gradients(parameter.name());
                double[] values = model.values(parameter.name());
                // one random direction sees all elements at once
                double[] direction = random.doubles(values.length, -1, 1).toArray();
                double expected = 0;
                for (int i = 0; i < gradient.length; i++) {
                    expected += gradient[i] * direction[i];
                }
                double step = 1e-5;
                double slope =
                        (at(model, parameter, values, direction, step, batch)
                                        - at(model, parameter, values, direction, -step, batch))
                                / (2 * step);
                model.set(parameter.name(), values);
                assertThat(slope)
                        .as("%s of %s", parameter.name(), family)
                        .isCloseTo(expected, within(1e-5 * (1 + Math.abs(expected))));
            }
        }
    }

    private static double at(
            TrainableModel model,
            Parameter parameter,
            double[] values,
            double[] direction,
            double step,
            TrainingBatch batch) {
        double[] moved = values.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        model.set(parameter.name(), moved);
        return model.loss(batch).sum();
    }

    /** Rows of different lengths, some tokens without weight. */
    private static TrainingBatch weighted() {
        Random random = new Random(5);
        int[][] tokens = new int[3][];
        float[][] weights = new float[3][];
        for (int row = 0; row < 3; row++) {
            tokens[row] = random.ints(5 + row, 3, 128).toArray();
            weights[row] = new float[5 + row];
            for (int i = 0; i < weights[row].length; i++) {
                weights[row][i] = random.nextInt(3) * 0.5f;
            }
        }
        return new TrainingBatch(tokens, weights);
    }

    @ParameterizedTest
    @MethodSource("families")
    void newModelsHaveTheTensorsOfCheckpoints(String family, @TempDir Path directory) {
        Path config = TestModels.directory(family).resolve("config.json");
        try (TrainableModel model = TrainableModel.create(config, FLOAT32, 1)) {
            model.save(directory, StoredType.F32);
            int[][] tokens = {TestModels.prompt(3, 9).ids().toArray()};
            double loss = model.loss(TrainingBatch.of(tokens)).mean();
            try (HookedModel loaded = HookedModel.load(directory)) {
                assertThat(lossOf(loaded, tokens[0])).isCloseTo(loss, within(1e-4));
            }
        }
    }

    @Test
    void theLossIsWhatTheModelSays() {
        int[] tokens = TestModels.prompt(4, 12).ids().toArray();
        try (TrainableModel model = TrainableModel.open(TestModels.directory("llama"), EXACT);
                HookedModel loaded = TestModels.exact("llama")) {
            double loss = model.loss(TrainingBatch.of(new int[][] {tokens})).mean();
            assertThat(lossOf(loaded, tokens)).isCloseTo(loss, within(1e-9));
        }
    }

    private static double lossOf(HookedModel model, int[] tokens) {
        double sum = 0;
        for (int length = 1; length < tokens.length; length++) {
            TokenizedPrompt prompt = TokenizedPrompt.ofIds(Arrays.copyOf(tokens, length));
            sum -= model.run(prompt).logits().execute().next().logProbability(tokens[length]);
        }
        return sum / (tokens.length - 1);
    }

    @Test
    void batchesAddUpHoweverTheyAreSplit() {
        TrainingBatch batch = weighted();
        try (TrainableModel whole =
                        TrainableModel.open(
                                TestModels.directory("gpt2"),
                                new TrainingSetup(ComputeType.FLOAT64, 1, 1024));
                TrainableModel split = TrainableModel.open(TestModels.directory("gpt2"), EXACT)) {
            Loss once = whole.accumulate(batch);
            Loss twice = split.accumulate(batch).plus(split.accumulate(batch));
            assertThat(twice.sum()).isCloseTo(2 * once.sum(), within(1e-9));
            assertThat(split.gradientNorm())
                    .isCloseTo(2 * whole.gradientNorm(), within(1e-5 * whole.gradientNorm()));
            split.clearGradients();
            assertThat(split.gradientNorm()).isZero();
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        TrainingBatch batch = weighted();
        try (TrainableModel model = TrainableModel.open(TestModels.directory("llama"), FLOAT32)) {
            step(model, batch);
            int before = TestModels.nativeArrays();
            double first = model.loss(batch).mean();
            for (int i = 0; i < 60; i++) {
                step(model, batch);
            }
            assertThat(TestModels.nativeArrays()).isEqualTo(before);
            assertThat(model.loss(batch).mean()).isLessThan(first);
        }
    }

    private static void step(TrainableModel model, TrainingBatch batch) {
        model.accumulate(batch);
        model.update(
                (at, values, gradients, count) -> {
                    for (int i = 0; i < count; i++) {
                        values[i] -= 0.01f * gradients[i];
                    }
                });
        model.clearGradients();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (TrainableModel model = TrainableModel.open(TestModels.directory("llama"), FLOAT32)) {
            assertThatThrownBy(
                            () ->
                                    model.loss(
                                            TrainingBatch.of(
                                                    new int[][] {{1, model.vocabulary()}})))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("vocabulary");
            assertThatThrownBy(() -> model.loss(TrainingBatch.of(new int[1][100_000])))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("context");
            assertThatThrownBy(() -> model.values("nothing"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("nothing");
        }
    }

    @Test
    void aClosedModelSaysSo() {
        TrainableModel model = TrainableModel.open(TestModels.directory("llama"), FLOAT32);
        model.close();
        model.close();
        assertThatThrownBy(() -> model.loss(weighted())).isInstanceOf(ModelClosedException.class);
    }
}
