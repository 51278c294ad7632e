package dev.patchscopes.model.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.patchscopes.model.Activations;
import dev.patchscopes.model.Edit;
import dev.patchscopes.model.HookPoint;
import dev.patchscopes.model.Intervention;
import dev.patchscopes.text.Positions;
import dev.patchscopes.text.TokenBatch;
import dev.patchscopes.text.TokenizedPrompt;
import java.util.Arrays;

/** One position of the residual stream overwritten: by given vectors, and from another prompt. */
class GoldenPatchTest {

    @EachGolden
    void givenVectors(GoldenModel g) {
        TokenBatch batch = g.batch("replace.input_ids");
        HookPoint last = HookPoint.residual(g.model().layers());
        for (int i = 0; i < 4; i++) {
            String name = "replace." + i;
            int[] place = g.golden().ints(name + ".layer_pos"); // block -1 is the embedding
            Edit edit =
                    Intervention.replace(
                            HookPoint.residual(place[0] + 1),
                            Positions.at(place[1]),
                            g.golden().get(name + ".vector"));
            Activations acts =
                    g.model()
                            .run(batch)
                            .capture(HookPoint.logits(), last)
                            .intervene(edit)
                            .execute();
            double[] logits = acts.get(HookPoint.logits()).doubles(0);
            g.check(Kind.REPLACE, Quantity.LOGITS, logits, name + ".logits");
            double[] residual = acts.get(last).doubles(0);
            g.check(Kind.RESIDUAL, Quantity.ACTIVATION, residual, name + ".resid_final");
        }
    }

    @EachGolden
    void vectorsOfTheSourcePrompt(GoldenModel g) {
        TokenBatch source = g.batch("patch.source_ids");
        for (int i = 0; i < patches(g); i++) {
            Patch patch = Patch.of(g, i);
            g.check(
                    Kind.RESIDUAL,
                    Quantity.ACTIVATION,
                    patch.vectorFrom(g, source),
                    "patch." + i + ".vector");
        }
    }

    @EachGolden
    void theirEffectOnTheTargetPrompt(GoldenModel g) {
        TokenBatch target = g.batch("patch.target_ids");
        TokenBatch source = g.batch("patch.source_ids");
        for (int i = 0; i < patches(g); i++) {
            Patch patch = Patch.of(g, i);
            Edit own = patch.edit(patch.vectorFrom(g, source));
            Edit stored = patch.edit(g.golden().get("patch." + i + ".vector"));
            for (Edit edit : new Edit[] {own, stored}) {
                double[] logits =
                        g.model()
                                .run(target)
                                .capture(HookPoint.logits())
                                .intervene(edit)
                                .execute()
                                .get(HookPoint.logits())
                                .doubles(0);
                g.check(Kind.PATCH, Quantity.LOGITS, logits, "patch." + i + ".logits");
            }
        }
    }

    /** The patch is made while the prompt is read; what follows reads the cache it left. */
    @EachGolden
    void generationAfterIt(GoldenModel g) {
        TokenizedPrompt target = g.batch("patch.target_ids").prompt(0);
        for (int i = 0; i < patches(g); i++) {
            Patch patch = Patch.of(g, i);
            int[] expected = g.golden().ints("patch." + i + ".gen_ids");
            Edit edit = patch.edit(g.golden().get("patch." + i + ".vector"));
            int[] cached =
                    g.model()
                            .generation(target)
                            .maxNewTokens(expected.length)
                            .ignoringEndOfText()
                            .intervene(edit)
                            .run()
                            .first()
                            .ids()
                            .toArray();
            assertThat(cached).as("patch %d", i).isEqualTo(expected);
            assertThat(withoutCache(g, target, edit, expected.length))
                    .as("patch %d, without cache", i)
                    .isEqualTo(expected);
        }
    }

    private static int[] withoutCache(GoldenModel g, TokenizedPrompt target, Edit edit, int steps) {
        int[] ids = target.ids().toArray();
        for (int step = 0; step < steps; step++) {
            int next =
                    g.model()
                            .run(TokenizedPrompt.ofIds(ids))
                            .intervene(edit)
                            .execute()
                            .next()
                            .argMax();
            ids = Arrays.copyOf(ids, ids.length + 1);
            ids[ids.length - 1] = next;
        }
        return Arrays.copyOfRange(ids, target.length(), ids.length);
    }

    private static int patches(GoldenModel g) {
        int patches = g.golden().has("patch.4.logits") ? 5 : 4;
        // the fifth needs a final norm
        assertThat(patches == 5).isEqualTo(g.architecture().spec().unembedding().normed());
        return patches;
    }

    /** Blocks and positions of a patch, from output of block to output of block. */
    private record Patch(
            int sourceBlock,
            int sourcePosition,
            int targetBlock,
            int targetPosition,
            boolean afterFinalNorm) {

        static Patch of(GoldenModel g, int index) {
            int[] place =
                    g.golden().ints("patch." + index + ".src_layer_src_pos_tgt_layer_tgt_pos");
            return new Patch(place[0], place[1], place[2], place[3], index == 4);
        }

        /** The source's residual; the fifth patch takes it after the final norm instead. */
        double[] vectorFrom(GoldenModel g, TokenBatch source) {
            if (!afterFinalNorm) {
                HookPoint point = HookPoint.residual(sourceBlock + 1);
                return g.capture(source, point).vectorDoubles(point, Positions.at(sourcePosition));
            }
            double[] hidden = LastHiddenState.of(g).compute(source);
            int width = g.model().width();
            return Arrays.copyOfRange(hidden, sourcePosition * width, (sourcePosition + 1) * width);
        }

        Edit edit(double[] vector) {
            return Intervention.replace(
                    HookPoint.residual(targetBlock + 1), Positions.at(targetPosition), vector);
        }
    }
}
