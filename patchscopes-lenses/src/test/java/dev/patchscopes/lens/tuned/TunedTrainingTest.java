package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.Layers;
import dev.patchscopes.corpus.Chunking;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.OutOfRangeException;
import dev.patchscopes.model.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings of a small random model. */
class TunedTrainingTest {
    private static final long SEED = Long.getLong("seed", 63);
    private static final List<ImmutableIntArray> CHUNKS = TinyModel.chunks(SEED, 64, 8);

    @TempDir static Path folder;
    private static HookedModel model;
    @TempDir Path own;

    @BeforeAll
    static void load() {
        System.out.println("-Dseed=" + SEED);
        model = TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT32);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static TunedTraining training() {
        return TunedLens.train(model).onTokens(CHUNKS).steps(12).tokensPerStep(32).repeating();
    }

    private static void assertEqual(TunedLens a, TunedLens b) {
        for (int k = 0; k < model.layers(); k++) {
            assertThat(a.translator(k)).as("layer %s", k).isEqualTo(b.translator(k));
        }
    }

    @Test
    void divergenceFallsAtEveryLayer() {
        try (TunedLens lens = training().steps(150).tokensPerStep(256).fit()) {
            TrainingHistory history = lens.history();
            assertThat(history.steps()).isEqualTo(150);
            for (int k = 0; k < model.layers(); k++) {
                System.out.printf(
                        "layer %d: %.4f -> %.4f%n", k, history.loss(0, k), history.loss(149, k));
                assertThat(history.loss(149, k)).isLessThan(0.8 * history.loss(0, k));
            }
            assertThat(history.toCsv()).startsWith("step,layer_0,layer_1,layer_2\n0,");
            TokensDigest digest = new TokensDigest();
            CHUNKS.forEach(digest::add);
            assertThat(lens.origin().settings())
                    .containsEntry("steps", "150")
                    .containsEntry("textsHash", digest.finish());
        }
    }

    @Test
    void withoutAClipLayersTrainAloneAsTogether() {
        try (TunedLens together = training().clip(Double.POSITIVE_INFINITY).fit();
                TunedLens some =
                        training().clip(Double.POSITIVE_INFINITY).layers(Layers.at(0, 2)).fit();
                TunedLens alone =
                        training().clip(Double.POSITIVE_INFINITY).layers(Layers.at(1)).fit();
                TunedLens clipped = training().clip(0.05).fit();
                TunedLens clippedAlone = training().clip(0.05).layers(Layers.at(1)).fit()) {
            assertThat(some.translator(0)).isEqualTo(together.translator(0));
            assertThat(some.translator(2)).isEqualTo(together.translator(2));
            assertThat(alone.translator(1)).isEqualTo(together.translator(1));
            assertThat(some.translator(1).difference().norm()).isZero();
            assertThat(clippedAlone.translator(1)).isNotEqualTo(clipped.translator(1));
        }
    }

    @Test
    void aStepIsTheClosedFormByHand() {
        int[] read = {3, 1, 2, 0};
        List<ImmutableIntArray> four = CHUNKS.subList(0, 4);
        TunedTraining one = TunedLens.train(model).onTokens(four).steps(1).tokensPerStep(32);
        try (TunedLens lens = one.clip(Double.POSITIVE_INFINITY).fit();
                Translators zero = Translators.zero(model);
                LensGradients sums =
                        new LensGradients(model, zero, ImmutableIntArray.of(0, 1, 2))) {
            sums.add(
                    new TokenChunks(8, com.google.common.collect.ImmutableList.copyOf(four))
                            .batch(read),
                    () -> {});
            for (int k = 0; k < 3; k++) {
                float[] g = sums.weight(k).toFloatArray();
                double[] w = lens.translator(k).difference().values();
                for (int i = 0; i < g.length; i++) { // 0.1 (g + 0.9 g), over 32 tokens
                    assertThat(w[i]).isCloseTo(-0.19 * g[i] / 32, within(1e-6));
                }
            }
        }
    }

    @Test
    void microBatchesChangeRoundingOnly() {
        try (TunedLens small = training().tokensAtOnce(8).fit();
                TunedLens large = training().tokensAtOnce(4096).fit()) {
            for (int k = 0; k < model.layers(); k++) {
                assertThat(small.translator(k).matrix().values())
                        .containsExactly(large.translator(k).matrix().values(), within(1e-5));
            }
        }
    }

    @Test
    void anInterruptedTrainingEndsWhereAnUninterruptedOneDoes() {
        Path file = own.resolve("lens.snapshot");
        try (TunedLens whole = training().fit()) {
            int[] seen = {0};
            Progress stop =
                    new Progress() {
                        @Override
                        public void update(long done, long total, Duration elapsed) {
                            seen[0] = (int) done;
                        }

                        @Override
                        public boolean isCancelled() {
                            return seen[0] == 7;
                        }
                    };
            assertThatThrownBy(() -> training().snapshots(file, 3).progress(stop).fit())
                    .isInstanceOf(CancellationException.class)
                    .hasMessage("the training was stopped by its listener after 7 of 12 steps");
            assertThat(Files.exists(file)).isTrue();
            long[] resumed = {0};
            Progress listener =
                    new Progress() {
                        @Override
                        public void update(long done, long total, Duration elapsed) {}

                        @Override
                        public void resumed(long done) {
                            resumed[0] = done;
                        }
                    };
            try (TunedLens rest = training().snapshots(file, 3).progress(listener).fit();
                    TunedLens again = training().snapshots(file, 3).fit()) {
                assertThat(resumed[0]).isEqualTo(7);
                assertEqual(rest, whole);
                assertEqual(again, whole);
                assertThat(rest.history()).isEqualTo(whole.history());
            }
            assertThatThrownBy(() -> training().seed(1).snapshots(file, 3).fit())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is of another training");
        }
    }

    @Test
    void memoryThatRunsOutInTheListenerIsTheListeners() {
        OutOfMemoryError own = new OutOfMemoryError("Java heap space");
        Progress listener =
                new Progress() {
                    @Override
                    public void update(long done, long total, Duration elapsed) {}

                    @Override
                    public boolean isCancelled() {
                        throw own;
                    }
                };
        assertThatThrownBy(() -> training().progress(listener).fit()).isSameAs(own);
    }

    @Test
    void theSeedDecides() {
        try (TunedLens a = training().fit();
                TunedLens b = training().fit();
                TunedLens c = training().seed(7).fit()) {
            assertEqual(a, b);
            assertThat(c.translator(0)).isNotEqualTo(a.translator(0));
        }
    }

    @Test
    void aWarmStartIsWhereItStarts() {
        try (TunedLens start = Lenses.random(model, SEED);
                TunedLens lens =
                        training().steps(1).learningRateScale(1e-12).warmStart(start).fit()) {
            for (int k = 0; k < model.layers(); k++) {
                assertThat(lens.translator(k).matrix().values())
                        .containsExactly(start.translator(k).matrix().values(), within(1e-9));
            }
            assertThat(lens.origin().settings()).containsEntry("warmStart", "unknown");
        }
    }

    @Test
    void weightDecayDrawsTowardsTheIdentity() {
        try (TunedLens start = Lenses.random(model, SEED);
                TunedLens none = training().weightDecay(0).warmStart(start).fit();
                TunedLens strong = training().weightDecay(0.5).warmStart(start).fit()) {
            assertThat(strong.translator(1).difference().norm())
                    .isLessThan(0.7 * none.translator(1).difference().norm());
        }
    }

    @Test
    void whatCannotBeTrainedIsRefused() {
        assertThatThrownBy(() -> TunedLens.train(model).fit())
                .hasMessageContaining("choose texts to train on");
        assertThatThrownBy(() -> training().tokensPerStep(30).fit())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "30 tokens a step are no multiple of the chunks' 8: take tokensPerStep(24)");
        assertThatThrownBy(
                        () ->
                                TunedLens.train(model)
                                        .onTokens(CHUNKS)
                                        .steps(17)
                                        .tokensPerStep(32)
                                        .fit())
                .hasMessageContaining(
                        "give 64 chunks of 8 tokens, and 17 steps of 32 tokens need 68");
        assertThatThrownBy(() -> training().layers(Layers.at(3)))
                .hasMessageContaining("layer 3 is the model's last");
        assertThatThrownBy(() -> training().layers(Layers.at(4)))
                .isInstanceOf(OutOfRangeException.class);
        assertThatThrownBy(() -> training().chunking(Chunking.documents()))
                .hasMessageContaining("chunks of several lengths");
        assertThatThrownBy(
                        () ->
                                training()
                                        .onTokens(TinyModel.chunks(1, 64, 64))
                                        .tokensPerStep(64)
                                        .fit())
                .hasMessageContaining("chunks of 64 tokens are longer than the 32 that tiny reads");
    }

    @Test
    void theReferencesSizesAreThePublishedOnes() {
        TunedTraining reference = TunedLens.train(model).reference();
        assertThat(reference.toString())
                .contains("steps=250", "tokensPerStep=262144", "momentum=0.9", "weightDecay=0.001");
        TrainingSettings settings = TrainingSettings.DEFAULT.withSteps(250);
        assertThat(settings.rate(0)).isCloseTo(0.1, within(1e-15));
        assertThat(settings.rate(125)).isCloseTo(0.05, within(1e-15));
        assertThat(settings.rate(249)).isCloseTo(0.1 / 250, within(1e-15));
    }
}
