package dev.patchscopes.lens.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Table;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.CorpusSplit;
import dev.patchscopes.corpus.TextCorpus;
import dev.patchscopes.internal.Steps;
import dev.patchscopes.lens.NativeMemory;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.DemoModel;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.Progress;
import dev.patchscopes.model.Teacher;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Gradient steps on affine maps, in float64. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FutureTuningTest {
    private HookedModel model;

    @BeforeAll
    void load() {
        model = DemoModel.SMALL.load(loader -> loader.computeType(ComputeType.FLOAT64));
    }

    @AfterAll
    void close() {
        model.close();
    }

    /** That nobody listens to. */
    private static Steps steps() {
        return new Steps(Progress.none(), "a test", 1);
    }

    @Test
    void theGradientIsThatOfDifferences() {
        SplittableRandom random = new SplittableRandom(8);
        int width = model.width();
        Matrix states = Matrix.of(5, width, random.doubles(5L * width, -1, 1).toArray());
        Matrix last = Matrix.of(5, width, random.doubles(5L * width, -2, 2).toArray());
        double[] values = random.doubles((long) width * width + width, -0.2, 0.2).toArray();
        try (NDManager scope = NDManager.newBaseManager(model.device(), "PyTorch");
                NDArray tensor = LastStates.tensor(scope, last);
                Teacher teacher = model.readout().teacher(tensor)) {
            double[] gradient = TunedMap.gradient(model, map(values), states, teacher, scope);
            for (int i = 0; i < 10; i++) {
                int at = i < 7 ? random.nextInt(width * width) : values.length - 1 - i;
                double difference =
                        (loss(moved(values, at, 1e-4), states, teacher, scope)
                                        - loss(moved(values, at, -1e-4), states, teacher, scope))
                                / 2e-4;
                assertThat(gradient[at])
                        .as("value %s", at)
                        .isCloseTo(difference, within(1e-7 + 1e-5 * Math.abs(difference)));
            }
        }
    }

    private static double[] moved(double[] values, int at, double step) {
        double[] other = values.clone();
        other[at] += step;
        return other;
    }

    private AffineMap map(double[] values) {
        int width = model.width();
        return AffineMap.of(
                Matrix.of(width, width, Arrays.copyOf(values, width * width)),
                Arrays.copyOfRange(values, width * width, values.length));
    }

    private double loss(double[] values, Matrix states, Teacher teacher, NDManager scope) {
        try (NDArray read = LastStates.tensor(scope, map(values).applyToRows(states))) {
            return model.readout().divergence(teacher, read).sum() / states.rows();
        }
    }

    @Test
    void mapsMadeBeforeOneThatFailsAreGivenBack() {
        ImmutableTable<Integer, Integer, AffineMap> maps =
                ImmutableTable.<Integer, Integer, AffineMap>builder()
                        .put(1, 0, AffineMap.identity(model.width()))
                        .put(2, 0, AffineMap.identity(model.width() - 1))
                        .buildOrThrow();
        int before = NativeMemory.arrays();
        assertThatThrownBy(
                        () -> new FutureTuning(model, ImmutableIntArray.of(1, 2), 0, maps).close())
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(NativeMemory.arrays()).isEqualTo(before);
    }

    @Test
    void stepsDoNotDependOnHowRowsAreSliced() {
        TextCorpus texts =
                TextCorpus.of(
                        IntStream.range(0, 12)
                                .mapToObj(i -> "Marie Curie lived in Paris in " + (1890 + i))
                                .toList());
        ImmutableTable.Builder<Integer, Integer, AffineMap> start = ImmutableTable.builder();
        for (int layer : new int[] {1, 2}) {
            for (int n = 0; n <= 1; n++) {
                start.put(layer, n, AffineMap.identity(model.width()));
            }
        }
        ImmutableIntArray layers = ImmutableIntArray.of(1, 2);
        ImmutableTable<Integer, Integer, AffineMap> maps = start.buildOrThrow();
        ImmutableTable<Integer, Integer, AffineMap> whole;
        ImmutableTable<Integer, Integer, AffineMap> sliced;
        try (FutureTuning tuning = new FutureTuning(model, layers, 1, maps);
                FutureTuning inSlices = new FutureTuning(model, layers, 1, maps, 5)) {
            CorpusSplit split = texts.split(0.3, 1);
            Texts training = Texts.of(model, split.training(), 3);
            Texts evaluation = Texts.of(model, split.evaluation(), 3);
            whole = tuning.run(training, evaluation, 1, steps());
            sliced = inSlices.run(training, evaluation, 1, steps());
        }
        for (Table.Cell<Integer, Integer, AffineMap> cell : whole.cellSet()) {
            Matrix expected = cell.getValue().matrix();
            Matrix found = sliced.get(cell.getRowKey(), cell.getColumnKey()).matrix();
            double moved = expected.minus(Matrix.identity(model.width())).norm();
            assertThat(moved).isGreaterThan(1e-3); // there were steps
            assertThat(found.minus(expected).norm()).isLessThan(1e-5 * moved);
        }
    }

    @Test
    void tunedMapsAreNearerOnTextsKeptAside() {
        TextCorpus texts =
                TextCorpus.of(
                        IntStream.range(0, 48)
                                .mapToObj(
                                        i ->
                                                "The capital of %s is a city. It is number %d."
                                                        .formatted(
                                                                i % 2 == 0 ? "France" : "Peru", i))
                                .toList());
        LinearFutureTraining training =
                FutureLens.linear(model)
                        .on(texts)
                        .layers(Layers.at(2))
                        .ahead(1)
                        .penalties(1.0) // a poor start
                        .validation(0.3)
                        .seed(1);
        LinearFutureLens ridge = training.fit();
        LinearFutureLens tuned = training.fineTune(2).fit();
        PenaltyChoice<AffineMap> choice =
                PenaltyChoice.ofStates(
                        model,
                        ImmutableIntArray.of(2),
                        1,
                        ImmutableTable.<Integer, Integer, ImmutableList<AffineMap>>builder()
                                .put(2, 0, ImmutableList.of(ridge.map(2, 0), tuned.map(2, 0)))
                                .put(2, 1, ImmutableList.of(ridge.map(2, 1), tuned.map(2, 1)))
                                .buildOrThrow());
        Texts.of(model, texts.split(0.3, 1).evaluation(), 3).read(steps(), choice::add);
        for (int n = 0; n <= 1; n++) {
            double[] sums = choice.sums(2, n);
            assertThat(sums[1]).as("N = %s", n).isLessThan(0.98 * sums[0]);
        }
    }
}
