package dev.patchscopes.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Readings of a vocabulary that is searched in blocks, and what a readout refuses. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StateReadingsTest {
    private HookedModel model;
    private TokenizedPrompt prompt;
    private List<HookPoint> points;

    @BeforeAll
    void load() {
        model = HookedModel.demoSmall();
        prompt = model.tokenize("The capital of France is Paris. The capital of Italy is");
        points = IntStream.rangeClosed(0, model.layers()).mapToObj(HookPoint::residual).toList();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private StateReadings read(Readout readout) {
        int[] next = Arrays.copyOf(prompt.ids().toArray(), prompt.length() + 1);
        next[prompt.length()] = -1;
        ImmutableIntArray following =
                ImmutableIntArray.copyOf(Arrays.copyOfRange(next, 1, next.length));
        try (TensorActivations acts = model.run(prompt).capture(points).tensors()) {
            List<NDArray> states = points.stream().map(acts::get).toList();
            return readout.read(states, states.get(model.layers()), following);
        }
    }

    @Test
    void theMostProbableAreFoundAmongTheBlocks() {
        Activations host = model.run(prompt).capture(points).execute();
        for (int k : new int[] {1, 5, 11}) {
            StateReadings readings = read(model.readout().top(k));
            for (int layer = 0; layer <= model.layers(); layer++) {
                for (int pos = 0; pos < prompt.length(); pos++) {
                    TokenDistribution expected =
                            model.unembed(
                                    host.get(HookPoint.residual(layer)).vectorDoubles(0, pos));
                    assertThat(readings.at(layer, pos).top())
                            .extracting(TokenProbability::id)
                            .as("layer %d, position %d, top %d", layer, pos, k)
                            .isEqualTo(expected.top(k).stream().map(TokenProbability::id).toList());
                    assertThat(readings.at(layer, pos).top().get(k - 1).probability())
                            .isCloseTo(expected.top(k).get(k - 1).probability(), within(1e-5));
                }
            }
        }
    }

    @Test
    void allOfTheVocabularyCanBeRead() {
        StateReadings readings = read(model.readout().top(model.vocabularySize()));
        assertThat(readings.at(0, 0).top())
                .extracting(TokenProbability::id)
                .doesNotHaveDuplicates()
                .hasSize(model.vocabularySize());
        assertThat(
                        readings.at(3, 2).top().stream()
                                .mapToDouble(TokenProbability::probability)
                                .sum())
                .isCloseTo(1, within(1e-5));
    }

    @Test
    void theLastLayerIsTheModelsOwnOutput() {
        StateReadings readings = read(model.readout());
        StateReading last = readings.at(model.layers(), prompt.length() - 1);
        TokenDistribution next = model.run(prompt).execute().next();
        assertThat(last.prediction().id()).isEqualTo(next.argMax());
        assertThat(last.prediction().probability())
                .isCloseTo(next.probability(next.argMax()), within(1e-5));
        assertThat(last.divergence()).isCloseTo(0, within(1e-5));
        assertThat(last.finalPrediction().rank()).isZero();
        assertThat(last.next()).isEmpty();
        assertThat(readings.logProbabilityOfNext(model.layers(), prompt.length() - 1)).isNaN();
        assertThat(last).hasToString(last.top() + ", KL 0.000 nats");
    }

    @Test
    void nothingNativeStays() {
        read(model.readout());
        int before = TestModels.nativeArrays();
        int ofModel = model.runtime().liveArrays();
        for (int i = 0; i < 5; i++) {
            read(model.readout().tokens(3));
        }
        try (TensorActivations acts = model.run(prompt).capture(HookPoint.residual(2)).tensors();
                Teacher teacher = model.readout().teacher(acts.get(HookPoint.residual(2)));
                Teacher some = teacher.slice(1, 4)) {
            assertThat(some.rows()).isEqualTo(3);
            model.readout().divergence(teacher, acts.get(HookPoint.residual(2)));
        }
        assertThat(TestModels.nativeArrays()).isEqualTo(before);
        assertThat(model.runtime().liveArrays()).isEqualTo(ofModel);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> model.readout().top(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0 top tokens are not in 1..%d", model.vocabularySize());
        assertThatThrownBy(() -> model.readout().tokens(-2))
                .isInstanceOf(OutOfRangeException.class)
                .hasMessageContaining("token id -2 is not in 0..");
        assertThatThrownBy(() -> model.run(prompt).tensors())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("add .capture(...)");
        assertThatThrownBy(() -> model.run(prompt).capture(HookPoint.pattern(0)).tensors())
                .isInstanceOf(InterventionException.class)
                .hasMessageContaining("use execute()");
        try (TensorActivations acts = model.run(prompt).capture(points).tensors()) {
            NDArray h = acts.get(points.get(1));
            List<NDArray> none = Collections.nCopies(1, h);
            assertThatThrownBy(() -> model.readout().read(none, h, ImmutableIntArray.of(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("give -1 where none does");
            assertThatThrownBy(() -> model.readout().teacher(h.transpose()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected [row, 64]");
            assertThatThrownBy(() -> acts.get(HookPoint.pattern(0)))
                    .isInstanceOf(UnknownSiteException.class)
                    .hasMessageContaining("before tensors()");
            assertThatThrownBy(() -> acts.rows(1))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessage("prompt 1 is not in 0..0, the prompts of the batch");
            assertThatThrownBy(() -> model.readout().throughLastBlocks(7, prompt, none))
                    .isInstanceOf(OutOfRangeException.class)
                    .hasMessageContaining("7 last blocks are not in 0..6");
        }
        TokenizedPrompt one = TokenizedPrompt.ofIds(5);
        assertThatThrownBy(
                        () ->
                                model.sweep(BaseRun.of(one))
                                        .cells(List.of(Cell.of(0)))
                                        .reading(Reading.lastResidual())
                                        .generate(2)
                                        .execute())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only last residuals are read");
    }
}
