package dev.patchscopes.model.golden;

import static dev.patchscopes.model.golden.Near.assertNear;
import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Activation;
import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.model.internal.ArchitectureSpec.PositionSpec;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What a patch does, and does not do, for any weights; to the last bit where nothing is rounded.
 */
class PatchIdentityTest {

    @EachGolden
    void aPositionPatchedWithItselfChangesNothing(GoldenModel g) {
        TokenBatch target = g.batch("patch.target_ids");
        double[] clean = g.logits(target);
        for (int k = 0; k <= g.model().layers(); k++) {
            HookPoint point = HookPoint.residual(k);
            Activation residual = g.capture(target, point).get(point);
            for (int pos : new int[] {0, 5, 11}) {
                Edit self =
                        Intervention.replace(
                                point, Positions.at(pos), residual.vectorDoubles(0, pos));
                assertThat(logits(g, target, self)).as("%s", self).isEqualTo(clean);
            }
        }
    }

    @EachGolden
    void aPatchLeavesEarlierPositionsAndLayersAsTheyWere(GoldenModel g) {
        TokenBatch target = g.batch("patch.target_ids");
        double[] vector = g.golden().get("patch.0.vector");
        int layers = g.model().layers();
        int vocabulary = g.model().vocabularySize();
        HookPoint[] residuals =
                IntStream.rangeClosed(0, layers)
                        .mapToObj(HookPoint::residual)
                        .toArray(HookPoint[]::new);
        int pos = 7;
        Activations clean = g.capture(target, residuals);
        double[] cleanLogits = g.logits(target);
        for (int k = 0; k <= layers; k++) {
            Edit edit = Intervention.replace(residuals[k], Positions.at(pos), vector);
            Activations patched =
                    g.model().run(target).capture(residuals).intervene(edit).execute();
            for (int other = 0; other <= layers; other++) {
                double[] before = clean.get(residuals[other]).doubles(0);
                double[] after = patched.get(residuals[other]).doubles(0);
                int same = other < k ? before.length : pos * g.model().width();
                assertThat(Arrays.copyOf(after, same)).isEqualTo(Arrays.copyOf(before, same));
            }
            assertThat(patched.get(residuals[k]).vectorDoubles(0, pos))
                    .isEqualTo(rounded(g, vector));
            double[] logits = logits(g, target, edit);
            int same = pos * vocabulary;
            assertThat(Arrays.copyOf(logits, same)).isEqualTo(Arrays.copyOf(cleanLogits, same));
            assertThat(Arrays.copyOfRange(logits, same, same + vocabulary))
                    .isNotEqualTo(Arrays.copyOfRange(cleanLogits, same, same + vocabulary));
        }
    }

    @EachGolden
    void allPositionsOfALayerPatchedMakeTheSourcesLogits(GoldenModel g) {
        TokenBatch target = g.batch("patch.target_ids");
        TokenBatch source = g.batch("knock.input_ids");
        assertThat(source.length(0)).isEqualTo(target.length(0));
        double[] expected = g.logits(source);
        assertThat(expected).isNotEqualTo(g.logits(target));
        for (int k = 0; k <= g.model().layers(); k++) {
            HookPoint point = HookPoint.residual(k);
            double[] residual = g.capture(source, point).get(point).doubles(0);
            Edit all = Intervention.replace(point, Positions.all(), residual);
            assertThat(logits(g, target, all)).as("layer %d", k).isEqualTo(expected);
        }
    }

    @EachGolden
    void aPatchAtTheLastLayerIsRead(GoldenModel g) {
        TokenBatch target = g.batch("patch.target_ids");
        double[] vector = rounded(g, g.golden().get("patch.1.vector"));
        HookPoint last = HookPoint.residual(g.model().layers());
        double[] read = g.model().unembed(vector).logits();
        double tolerance = 20 * g.unitRoundoff() * largest(read);
        Edit edit = Intervention.replace(last, Positions.last(), vector);
        assertNear(
                g.model().run(target).intervene(edit).execute().next().logits(),
                read,
                tolerance,
                "last position");
        Edit earlier = Intervention.replace(last, Positions.at(3), vector);
        int vocabulary = g.model().vocabularySize();
        double[] logits = logits(g, target, earlier);
        assertNear(
                Arrays.copyOfRange(logits, 3 * vocabulary, 4 * vocabulary),
                read,
                tolerance,
                "position 3");
    }

    @EachGolden
    void anotherTokensEmbeddingIsAnotherToken(GoldenModel g) {
        TokenizedPrompt target = g.batch("patch.target_ids").prompt(0);
        int[] ids = target.ids().toArray();
        int pos = 4;
        int other = (ids[pos] + 17) % g.model().vocabularySize();
        int[] replaced = ids.clone();
        replaced[pos] = other;
        double[] expected = g.logits(TokenBatch.of(TokenizedPrompt.ofIds(replaced)));
        TokenBatch batch = TokenBatch.of(target);

        // met at another position, behind other tokens
        TokenBatch elsewhere = TokenBatch.of(TokenizedPrompt.ofIds(ids[0], ids[1], other));
        HookPoint embed = HookPoint.embed();
        double[] embedding = g.capture(elsewhere, embed).vectorDoubles(embed, Positions.at(2));
        Edit edit = Intervention.replace(embed, Positions.at(pos), embedding);
        assertThat(logits(g, batch, edit)).isEqualTo(expected);

        HookPoint first = HookPoint.residual(0);
        double[] residual = g.capture(elsewhere, first).vectorDoubles(first, Positions.at(2));
        Edit later = Intervention.replace(first, Positions.at(pos), residual);
        boolean learned = g.architecture().spec().positions() instanceof PositionSpec.Learned;
        if (learned) { // the first residual holds the position too
            assertThat(logits(g, batch, later)).isNotEqualTo(expected);
        } else {
            assertThat(logits(g, batch, later)).isEqualTo(expected);
        }
    }

    private static double[] logits(GoldenModel g, TokenBatch batch, Edit edit) {
        return g.model()
                .run(batch)
                .capture(HookPoint.logits())
                .intervene(edit)
                .execute()
                .get(HookPoint.logits())
                .doubles(0);
    }

    /** The vector as the model's number format holds it. */
    private static double[] rounded(GoldenModel g, double[] vector) {
        return g.unitRoundoff() == 0x1p-53
                ? vector
                : Arrays.stream(vector).map(v -> (float) v).toArray();
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElseThrow();
    }
}
