package dev.patchscopes.lens.tuned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import dev.patchscopes.internal.TokensDigest;
import dev.patchscopes.lens.CountedParts;
import dev.patchscopes.lens.LogitLens;
import dev.patchscopes.lens.StopAfter;
import dev.patchscopes.linear.AffineMap;
import dev.patchscopes.linear.Matrix;
import dev.patchscopes.linear.Moments;
import dev.patchscopes.model.ComputeType;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.HookedModel;
import dev.patchscopes.model.TensorActivations;
import dev.patchscopes.text.TokenizedPrompt;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fits in closed form. */
class RidgeFitTest {
    private static final long SEED = Long.getLong("seed", 64);
    private static final List<ImmutableIntArray> CHUNKS = TinyModel.chunks(SEED, 40, 8);
    private static final List<ImmutableIntArray> OTHERS = TinyModel.chunks(SEED + 1, 20, 8);

    @TempDir static Path folder;
    private static HookedModel model;

    @BeforeAll
    static void load() {
        System.out.println("-Dseed=" + SEED);
        model = TinyModel.load(TinyModel.write(folder, SEED), ComputeType.FLOAT64);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static RidgeFit fit() {
        return TunedLens.ridge(model).onTokens(CHUNKS).heldOutTokens(OTHERS);
    }

    @Test
    void aLargePenaltyLeavesIdentityAndMeanShift() {
        try (TunedLens lens = fit().penalties(1e14).fit();
                TensorActivations acts =
                        model.run(new TokenChunks(8, ImmutableList.copyOf(CHUNKS)).batch(all(40)))
                                .capture(HookPoint.residuals(3))
                                .tensors()) {
            for (int k = 0; k < 3; k++) {
                AffineMap map = lens.translator(k);
                assertThat(map.matrix().values())
                        .containsExactly(Matrix.identity(8).values(), within(1e-10));
                NDArray shift =
                        acts.get(HookPoint.residual(3)).sub(acts.get(HookPoint.residual(k)));
                assertThat(map.bias())
                        .containsExactly(shift.mean(new int[] {0}).toDoubleArray(), within(1e-10));
            }
        }
    }

    private static int[] all(int count) {
        return java.util.stream.IntStream.range(0, count).toArray();
    }

    /** Passes over the texts in pieces give what all states at once give. */
    @Test
    void itIsTheResidualRidgeOfAllStates() {
        try (TunedLens lens = fit().penalties(1e-3).fit();
                Moments moments = Moments.of(8, 8)) {
            for (ImmutableIntArray chunk : CHUNKS) {
                try (TensorActivations acts =
                        model.run(TokenizedPrompt.ofIds(chunk))
                                .capture(HookPoint.residuals(3))
                                .tensors()) {
                    moments.add(acts.get(HookPoint.residual(1)), acts.get(HookPoint.residual(3)));
                }
            }
            AffineMap expected = moments.residualRidge(moments.relativePenalty(1e-3));
            assertThat(lens.translator(1).matrix().values())
                    .containsExactly(expected.matrix().values(), within(1e-9));
            assertThat(lens.translator(1).bias()).containsExactly(expected.bias(), within(1e-9));
        }
    }

    @Test
    void eachLayerGetsThePenaltyWithTheLeastHeldOutDivergence() {
        double[] penalties = {1e-4, 1e-2, 1, 100};
        List<TokenizedPrompt> heldOut = OTHERS.stream().map(TokenizedPrompt::ofIds).toList();
        double[] best = {1e9, 1e9, 1e9};
        double[] chosen = new double[3];
        for (double penalty : penalties) {
            try (TunedLens lens = fit().penalties(penalty).fit()) {
                double[] losses = Divergences.of(lens, heldOut);
                for (int k = 0; k < 3; k++) {
                    if (losses[k] < best[k]) {
                        best[k] = losses[k];
                        chosen[k] = penalty;
                    }
                }
            }
        }
        try (TunedLens lens = fit().penalties(penalties).fit()) {
            System.out.println(lens.origin());
            assertThat(lens.origin().settings().get("relativePenalty"))
                    .isEqualTo("[%s, %s, %s]".formatted(chosen[0], chosen[1], chosen[2]));
            double[] losses = Divergences.of(lens, heldOut);
            double[] logit = Divergences.of(LogitLens.of(model), heldOut);
            for (int k = 0; k < 3; k++) {
                assertThat(losses[k]).isCloseTo(best[k], within(1e-12));
                assertThat(best[k]).isLessThan(logit[k]);
            }
            assertThat(losses[3]).isCloseTo(0, within(1e-15));
        }
    }

    /** Kept all at once, two layers at a time, one, or none: the same maps, bit for bit. */
    @Test
    void howManyLayersAreKeptChangesNothing() {
        ImmutableDoubleArray penalties = ImmutableDoubleArray.of(1e-4, 1e-2, 1);
        TokenChunks fitted = new TokenChunks(8, ImmutableList.copyOf(CHUNKS));
        List<ImmutableIntArray> many = TinyModel.chunks(SEED + 2, 300, 8); // of three passes
        TokenChunks measured = new TokenChunks(8, ImmutableList.copyOf(many));
        long layer = 300 * 8 * 8 * 8; // tokens, d_model, bytes
        try (TunedLens whole = fit().heldOutTokens(many).penalties(1e-4, 1e-2, 1).fit()) {
            long[] layersKept = {0, 1, 2, 3};
            long[] readings = {3, 3, 2, 1};
            for (int i = 0; i < layersKept.length; i++) {
                CountedParts parts = new CountedParts();
                RidgeRun run =
                        new RidgeRun(
                                model,
                                fitted,
                                measured,
                                penalties,
                                0,
                                parts,
                                (layersKept[i] + 1) * layer);
                try (TunedLens lens = run.fit()) {
                    assertThat(lens.origin()).isEqualTo(whole.origin());
                    for (int k = 0; k < 3; k++) {
                        assertThat(lens.translator(k)).isEqualTo(whole.translator(k));
                    }
                }
                parts.assertAll(1 + 3 * readings[i] + 3); // passes, and layers
            }
        }
    }

    @Test
    void aFitCanBeStopped() {
        for (long parts : new long[] {0, 1, 3}) {
            assertThatThrownBy(() -> fit().progress(new StopAfter(parts)).fit())
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("ridge fit of a lens was stopped");
        }
    }

    @Test
    void withoutHeldOutTokensATenthIsHeldOut() {
        try (TunedLens lens = TunedLens.ridge(model).onTokens(CHUNKS).seed(5).fit()) {
            assertThat(lens.origin().method()).isEqualTo("residual ridge");
            assertThat(lens.origin().settings())
                    .containsEntry("tokens", "288")
                    .containsEntry("heldOutTokens", "32")
                    .containsEntry("seed", "5")
                    .containsEntry("textsHash", hash(i -> i % 10 != 9))
                    .containsEntry("heldOutTextsHash", hash(i -> i % 10 == 9));
        }
    }

    private static String hash(IntPredicate which) {
        TokensDigest digest = new TokensDigest();
        IntStream.range(0, CHUNKS.size()).filter(which).forEach(i -> digest.add(CHUNKS.get(i)));
        return digest.finish();
    }

    @Test
    void whatCannotBeFittedIsRefused() {
        assertThatThrownBy(() -> TunedLens.ridge(model).fit())
                .hasMessageContaining("choose texts to fit on");
        assertThatThrownBy(() -> fit().penalties(0))
                .hasMessageContaining("a penalty of 0.0 is no finite number above 0");
        assertThatThrownBy(() -> TunedLens.ridge(model).onTokens(CHUNKS.subList(0, 5)).fit())
                .hasMessageContaining("5 chunks are too few to hold one of 10 out");
    }
}
